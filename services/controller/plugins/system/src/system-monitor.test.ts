import { setTimeout as delay } from 'node:timers/promises'
import { describeConformance } from '@webmacs/plugin-sdk/conformance'
import { createTestDevice } from '@webmacs/plugin-sdk/testing'
import { describe, expect, test } from 'vitest'
import { plugin } from './index.ts'

const signal = AbortSignal.timeout(20_000)

describe('conformance', () => describeConformance(plugin, test))

test('reads true values of this machine', async () => {
  const device = await createTestDevice(plugin)
  await device.connect(signal)
  const ids = device.channels.map(({ id }) => id)
  const cpuPercent = async () => (await device.read(['cpu_percent'], signal))[0]?.value
  while ((await cpuPercent()) === undefined) await delay(10, undefined, { signal }) // the kernel counts in hundredths of a second
  const values = new Map((await device.read(ids, signal)).map((reading) => [reading.channel, reading]))
  for (const { id, maxValue } of device.channels) {
    if (id === 'cpu_temp' || id === 'cpu_percent') continue // not every machine has a sensor, and little time has passed
    const { value, quality } = values.get(id) ?? {}
    expect(quality, id).toEqual([])
    expect(value, id).toBeGreaterThanOrEqual(0)
    expect(value, id).toBeLessThanOrEqual(maxValue)
  }
  expect(values.get('memory_used_gb')?.value).toBeGreaterThan(0)
  await device.disconnect(signal)
})
