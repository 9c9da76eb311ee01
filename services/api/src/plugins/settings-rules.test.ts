import type { ChannelSettings, Direction, OutputPolicy } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import { aChannel } from '../testing/controllers.ts'
import { checkSettings } from './settings-rules.ts'

const heater = aChannel({ id: 'heater', direction: 'output', min_value: 0, max_value: 100 })

/** Fields that break a rule. */
function broken(settings: ChannelSettings, direction: Direction = 'output', channel = heater): string[] {
  try {
    checkSettings(settings, { direction, channel })
    return []
  } catch (err) {
    const errors: unknown = Reflect.get(Object(err), 'errors')
    return Array.isArray(errors) ? errors.map(({ field }) => String(field)) : [String(err)]
  }
}
const table = (...measured: number[]): ChannelSettings => ({
  calibration: { kind: 'table', points: measured.map((value) => ({ measured: value, reference: value })) },
})

test.each<[ChannelSettings, Direction?]>([
  [{}],
  [{ interval_ms: 20, deadband: 0.5, max_silence_ms: 60_000 }, 'input'],
  [table(-1, 0, 7.5), 'input'],
  [{ calibration: { kind: 'polynomial', coefficients: [0, 1, 2] } }],
  [{ output: { min: 0, max: 80, safe_value: 0 } }],
  [{ output: { min: 20, max: 20, safe_value: null } }, 'bidirectional'],
])('takes %j', (settings, direction) => {
  expect(broken(settings, direction)).toEqual([])
})

test.each<[ChannelSettings, string[], Direction?]>([
  [table(0, 5, 5, 4), ['calibration.points.2.measured', 'calibration.points.3.measured'], 'input'],
  [{ output: {} }, ['output'], 'input'],
  [{ output: { min: 60, max: 40 } }, ['output.max']],
  [{ output: { min: -5, max: 120 } }, ['output.min', 'output.max']],
  [{ output: { min: 20, safe_value: 0 } }, ['output.safe_value']],
  [{ output: { safe_value: 101 } }, ['output.safe_value']],
])('of %j names %j', (settings, fields, direction) => {
  expect(broken(settings, direction)).toEqual(fields.map((field) => `body.settings.${field}`))
})

test('compares limits only with one another while nobody knows the range of the channel', () => {
  const of = (output: OutputPolicy) => () => checkSettings({ output }, { direction: 'output', channel: undefined })
  expect(of({ min: -1e9, max: 1e9, safe_value: 0 })).not.toThrow()
  expect(of({ min: 2, max: 3, safe_value: 1 })).toThrow('body.settings.output.safe_value must not be below 2')
})
