import { describeConformance } from '@webmacs/plugin-sdk/conformance'
import { createTestDevice, FakeClock } from '@webmacs/plugin-sdk/testing'
import { describe, expect, test } from 'vitest'
import { plugin } from './index.ts'

const { signal } = new AbortController()

describe('conformance', () => describeConformance(plugin, test))

test('has the nine channels of the simulated reactor', async () => {
  const device = await createTestDevice(plugin)
  expect(device.channels.map(({ id }) => id)).toEqual([
    'temp_reactor',
    'temp_inlet',
    'temp_outlet',
    'pressure_chamber',
    'pressure_diff',
    'volume_flow',
    'humidity',
    'heater_power',
    'valve_position',
  ])
})

test('is always in demo mode, and its values say so', async () => {
  const device = await createTestDevice(plugin, { demoMode: false })
  await device.connect(signal)
  const readings = await device.read(
    device.channels.map(({ id }) => id),
    signal,
  )
  expect(device.demoMode).toBe(true)
  expect(readings).toHaveLength(9)
  for (const { quality } of readings) expect(quality).toEqual(['simulated'])
})

test('moves within the ranges of its channels', async () => {
  const clock = new FakeClock()
  const device = await createTestDevice(plugin, { clock })
  await device.connect(signal)
  const seen = new Set<number | null>()
  for (let second = 0; second < 600; second++) {
    for (const { channel, value } of await device.read(['temp_reactor', 'volume_flow', 'pressure_chamber'], signal)) {
      const { minValue, maxValue } = device.channels.find(({ id }) => id === channel) ?? { minValue: 1, maxValue: 0 }
      expect(value).toBeGreaterThanOrEqual(minValue)
      expect(value).toBeLessThanOrEqual(maxValue)
      seen.add(value)
    }
    clock.advance(1000)
  }
  expect(seen.size).toBeGreaterThan(1000)
})

test('holds what heater and valve were set to until they fall back to safe', async () => {
  const device = await createTestDevice(plugin)
  await device.connect(signal)
  const outputs = ['heater_power', 'valve_position']
  expect(await device.read(outputs, signal)).toMatchObject([{ value: 0 }, { value: 0 }])
  await device.write('heater_power', 65, signal)
  expect(await device.read(outputs, signal)).toMatchObject([{ value: 65 }, { value: 0 }])
  await device.applySafeState(signal)
  expect(await device.read(outputs, signal)).toMatchObject([{ value: 0 }, { value: 0 }])
})
