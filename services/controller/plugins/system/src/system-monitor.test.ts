import { describeConformance } from '@webmacs/plugin-sdk/conformance'
import { createTestDevice } from '@webmacs/plugin-sdk/testing'
import { describe, expect, test } from 'vitest'
import { plugin } from './index.ts'

const signal = AbortSignal.timeout(20_000)

/** Its device is the machine that the tests run on. */
describe('conformance', () => describeConformance(plugin, test, { device: {}, optionalInputs: ['cpu_temp'] }))

test('reads true values of this machine', async () => {
  const device = await createTestDevice(plugin)
  await device.connect(signal)
  const ids = device.channels.map(({ id }) => id)
  const values = new Map((await device.read(ids, signal)).map((reading) => [reading.channel, reading]))
  for (const { id, maxValue } of device.channels) {
    if (id === 'cpu_temp') continue // not every machine has a sensor
    const { value, quality } = values.get(id) ?? {}
    expect(quality, id).toEqual([])
    expect(value, id).toBeGreaterThanOrEqual(0)
    expect(value, id).toBeLessThanOrEqual(maxValue)
  }
  expect(values.get('memory_used_gb')?.value).toBeGreaterThan(0)
  await device.disconnect(signal)
})
