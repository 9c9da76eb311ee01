import { expect, test } from 'vitest'
import { type ChannelDefinition, resolveChannels } from './channel.ts'
import { DefinitionError } from './errors.ts'

const aChannel = (overrides: object = {}): ChannelDefinition =>
  ({ id: 'level', name: 'Level', direction: 'input', unit: '%', ...overrides }) as ChannelDefinition // or what JavaScript says

test('fills in what the driver left out', () => {
  expect(resolveChannels([aChannel()])).toEqual([
    {
      id: 'level',
      name: 'Level',
      direction: 'input',
      unit: '%',
      minValue: 0,
      maxValue: 100,
      dataType: 'float',
      readConversion: { type: 'none' },
      writeConversion: { type: 'none' },
      safeValue: undefined,
      readback: false,
      pushed: false,
      samplingIntervalMs: undefined,
      deadband: undefined,
      maxSilenceMs: 60_000,
      tolerance: 1,
      simulation: { profile: 'sine_wave', base: 0, amplitude: 1, periodSeconds: 60, noise: 0 },
    },
  ])
})

test.each([
  [{ id: '' }, 'the id'],
  [{ name: ' ' }, 'the name'],
  [{ unit: '' }, 'the unit'],
  [{ unit: undefined }, 'the unit'],
  [{ direction: 'sideways' }, 'the direction'],
  [{ dataType: 'text' }, 'the data type'],
  [{ minValue: Number.NaN }, 'the range must be finite'],
  [{ minValue: 10, maxValue: 5 }, 'the range is empty'],
  [{ safeValue: 120 }, 'the safe value'],
  [{ simulation: { periodSeconds: 0 } }, 'simulation'],
])('refuses a channel with %j', (overrides, reason) => {
  expect(() => resolveChannels([aChannel(overrides)])).toThrow(reason)
})

test('refuses two channels with one id', () => {
  expect(() => resolveChannels([aChannel(), aChannel({ name: 'Other' })])).toThrow(DefinitionError)
})
