import { readFile } from 'node:fs/promises'
import { describeConformance } from '@webmacs/plugin-sdk/conformance'
import { createTestDevice, FakeClock } from '@webmacs/plugin-sdk/testing'
import { describe, expect, test } from 'vitest'
import { plugin } from './index.ts'

const { signal } = new AbortController()
const GUIDE = new URL('../../../../../docs/guides/drivers/simulated.md', import.meta.url)

describe('conformance', () => describeConformance(plugin, test, { device: {} }))

async function aReactor(config: object = {}, instanceName = 'Test') {
  const clock = new FakeClock()
  const device = await createTestDevice(plugin, { clock, config, instanceName })
  await device.connect(signal)
  /** Value of a channel at each second. */
  const watch = async (channel: string, seconds: number): Promise<(number | null | undefined)[]> => {
    const values: (number | null | undefined)[] = []
    for (let second = 0; second < seconds; second++) {
      values.push((await device.read([channel], signal))[0]?.value)
      clock.advance(1000)
    }
    return values
  }
  return { device, clock, watch }
}

const numbers = (values: readonly unknown[]): number[] => values.map(Number)
const spread = (values: readonly number[]): number => Math.max(...values) - Math.min(...values)

test('has the nine channels of the simulated reactor', async () => {
  const { device } = await aReactor()
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
  const { device } = await aReactor()
  const all = device.channels.map(({ id }) => id)
  expect(device.demoMode).toBe(true)
  const readings = await device.read(all, signal)
  expect(readings).toHaveLength(9)
  for (const { quality } of readings) expect(quality).toEqual(['simulated'])
})

test('shows the same again for the same name, within the ranges of its channels', async () => {
  for (const channel of ['temp_reactor', 'volume_flow', 'pressure_chamber', 'humidity']) {
    const { device, watch } = await aReactor()
    const { minValue = 0, maxValue = 0 } = device.channels.find(({ id }) => id === channel) ?? {}
    const values = numbers(await watch(channel, 300))
    expect(Math.min(...values)).toBeGreaterThanOrEqual(minValue)
    expect(Math.max(...values)).toBeLessThanOrEqual(maxValue)
    expect(new Set(values).size).toBeGreaterThan(200)
    expect(await (await aReactor()).watch(channel, 300)).toEqual(values)
    expect(await (await aReactor({}, 'Other')).watch(channel, 300)).not.toEqual(values)
  }
})

test('gets hotter with the heater, and colder again when it is made safe', async () => {
  const [plain, heated] = [await aReactor(), await aReactor()]
  expect(await heated.device.write('heater_power', 100, signal)).toMatchObject({ written: 100, readback: 100 })
  const rise = async (): Promise<number[]> => {
    const [before, after] = [await plain.watch('temp_reactor', 100), await heated.watch('temp_reactor', 100)]
    return numbers(after).map((value, second) => value - Number(before[second]))
  }
  const heating = await rise()
  expect(heating[0]).toBeLessThan(1)
  expect(heating[20]).toBeCloseTo(180 * (1 - Math.exp(-1)), 0)
  expect(heating[99]).toBeGreaterThan(175)
  await heated.device.applySafeState(signal)
  expect((await rise())[99]).toBeLessThan(2)
})

test('lets the flow follow the valve within seconds', async () => {
  const [plain, open] = [await aReactor(), await aReactor()]
  await open.device.write('valve_position', 50, signal)
  const [before, after] = [await plain.watch('volume_flow', 10), await open.watch('volume_flow', 10)]
  expect(Number(after[9]) - Number(before[9])).toBeCloseTo(10, 0)
})

/** How the sensor differs from what it would show without the misbehaviour, for each second of a minute. */
async function deviations(misbehaviour: object, channel: string): Promise<number[]> {
  const config = { misbehaviour: { channel: 'humidity', ...misbehaviour } }
  const [wrong, right] = [
    await (await aReactor(config)).watch(channel, 60),
    await (await aReactor()).watch(channel, 60),
  ]
  return wrong.map((value, second) => Number(value) - Number(right[second]))
}

test.each<[string, object, (off: number[]) => boolean]>([
  ['drift', { drift_percent_per_minute: 10 }, (off) => off[0] === 0 && Math.abs((off[30] ?? 0) - 5) < 0.01],
  ['noise', { noise_percent: 20 }, (off) => spread(off) > 40],
  ['spikes', { spike_every_seconds: 20, spike_percent: 500 }, (off) => off.filter((one) => one > 400).length === 2],
  ['gaps', { gap_every_seconds: 20, gap_seconds: 5 }, (off) => off.filter(Number.isNaN).length === 10],
  ['stuck values', { stuck_after_seconds: 30 }, (off) => off[30] === 0 && new Set(off.slice(31)).size > 20],
])('makes %s on request, of that sensor only', async (_what, misbehaviour, isSeen) => {
  expect(isSeen(await deviations(misbehaviour, 'humidity'))).toBe(true)
  expect(new Set(await deviations(misbehaviour, 'temp_inlet'))).toEqual(new Set([0]))
})

test('goes away and comes back on request', async () => {
  const { device, clock } = await aReactor({ misbehaviour: { disconnect_every_seconds: 60, disconnect_seconds: 10 } })
  clock.advance(60_000)
  await expect(device.read(['humidity'], signal)).rejects.toMatchObject({ code: 'connection' })
  await expect(device.connect(signal)).rejects.toMatchObject({ code: 'connection' })
  clock.advance(10_000)
  await device.connect(signal)
  expect(await device.read(['humidity'], signal)).toHaveLength(1)
})

test.each([
  ['refuse', 'refuses'],
  ['stuck', 0],
  ['no_readback', undefined],
] as const)('has outputs whose fault is %s', async (fault, outcome) => {
  const { device } = await aReactor({ outputs: { fault } })
  const write = device.write('heater_power', 40, signal)
  if (fault === 'refuse') await expect(write).rejects.toThrow(outcome)
  else expect((await write).readback).toBe(outcome)
})

test('sends by itself, with the wrong time, when its clock is wrong', async () => {
  const device = await createTestDevice(plugin, { config: { misbehaviour: { clock_skew_seconds: 30 } } })
  const pushed = Promise.withResolvers<{ channels: string[]; ageMs: number }>()
  device.listen({
    pushed: (readings, ageMs) => pushed.resolve({ channels: readings.map(({ channel }) => channel), ageMs }),
    lost: pushed.reject,
  })
  await device.connect(signal)
  const { channels, ageMs } = await pushed.promise
  expect(channels).toHaveLength(7)
  expect(ageMs).toBe(30_000)
  await device.disconnect(signal)
})

test('has as many further sensors as are wanted', async () => {
  const { device, watch } = await aReactor({ extra_channels: 50 })
  expect(device.channels).toHaveLength(59)
  expect(new Set(await watch('sensor_50', 10)).size).toBeGreaterThan(5)
})

test('takes the configuration that the guide shows', async () => {
  const example = /```json\n([\s\S]*?)```/.exec(await readFile(GUIDE, 'utf8'))?.[1] ?? ''
  const { device } = await aReactor(JSON.parse(example))
  expect((await device.write('heater_power', 40, signal)).readback).toBe(0)
})
