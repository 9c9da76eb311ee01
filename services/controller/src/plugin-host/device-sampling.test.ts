import type { Calibration } from '@webmacs/contracts'
import { type ChannelDefinition, ConnectionError } from '@webmacs/plugin-sdk'
import { expect, test } from 'vitest'
import { aPlan, aSession } from './scripted-session.fixture.ts'

const input = (id: string, more: Partial<ChannelDefinition> = {}): ChannelDefinition => ({
  ...{ id, name: id, direction: 'input', unit: '%' },
  ...more,
})
const mapped = (...channels: string[]) => channels.map((channel) => ({ channel }))
const linear = { kind: 'linear', scale: 2, offset: 1 } as const

test('reads each channel at its own interval: what people set, else the driver, else the instance', async () => {
  const { calls, time, samples } = await aSession({
    channels: [input('a'), input('b', { samplingIntervalMs: 500 }), input('c', { samplingIntervalMs: 500 })],
    plan: aPlan(1000, [{ channel: 'a' }, { channel: 'b' }, { channel: 'c', intervalMs: 400 }]),
  })
  await time.advance(1000)
  expect(calls).toEqual(['connect', 'read c', 'read b', 'read c', 'read a+b'])
  await time.advance(1000)
  expect(samples().map((one) => [one.time / 1000, one.readings.map(({ channel }) => channel).join('')])).toEqual([
    [400, 'c'],
    [500, 'b'],
    [800, 'c'],
    [1000, 'ab'],
    [1200, 'c'],
    [1500, 'b'],
    [1600, 'c'],
    [2000, 'abc'],
  ])
})

test('lets a slow group keep nobody but itself waiting, and counts what it left out', async () => {
  const { script, session, time, valuesOf } = await aSession({
    channels: [input('fast'), input('slow')],
    plan: aPlan(1000, [
      { channel: 'fast', intervalMs: 200 },
      { channel: 'slow', intervalMs: 300 },
    ]),
  })
  script.read = (ids) =>
    ids.includes('slow')
      ? new Promise((resolve) => void time.after(1000, () => resolve(Object.fromEntries(ids.map((id) => [id, 1])))))
      : Promise.resolve({ fast: 2 })
  await time.advance(1550)
  expect(valuesOf('slow')).toEqual([1])
  expect(valuesOf('fast')).toEqual([2, 2, 2, 2, 2, 2, 2])
  expect(session.counters).toEqual({ samples: 8, overruns: 4 - 1 })
})

test('packs fast channels, and sends others at once', async () => {
  const { sent, time } = await aSession({
    channels: [input('fast'), input('slow')],
    plan: aPlan(10, [{ channel: 'fast' }, { channel: 'slow', intervalMs: 1000 }]),
  })
  await time.advance(1000)
  const messages = sent.flatMap((message) => (message.type === 'sample' ? [message.instants] : []))
  expect(messages.length).toBeLessThanOrEqual(11)
  const times = messages.flat().map((instant) => instant.time)
  expect(times).toEqual(Array.from({ length: 100 }, (_, index) => (index + 1) * 10_000))
  expect(
    messages
      .at(-1)
      ?.at(-1)
      ?.readings.map(({ channel }) => channel),
  ).toEqual(['fast', 'slow'])
})

test('sends no more than a hundred messages a second, whatever a device sends', async () => {
  const { device, sent, time, valuesOf } = await aSession({
    channels: [input('level', { pushed: true })],
    plan: aPlan(1000, mapped('level')),
  })
  for (let index = 0; index < 1000; index++) {
    device.push({ level: index })
    await time.advance(1)
  }
  await time.advance(100)
  expect(valuesOf('level')).toEqual(Array.from({ length: 1000 }, (_, index) => index))
  expect(sent.filter(({ type }) => type === 'sample').length).toBeLessThanOrEqual(101)
})

test('leaves out what lies in the deadband, until the silence is as long as allowed', async () => {
  const values = [10, 10.2, 10.6, 10.5, 10.5, 10.5, 10.5, 10.5]
  const { script, time, samples } = await aSession({
    channels: [input('level', { deadband: 0.5, maxSilenceMs: 4000 })],
    plan: aPlan(1000, mapped('level')),
  })
  script.read = async () => ({ level: values.shift() ?? 10.5 })
  await time.advance(8000)
  expect(samples().map((one) => [one.time / 1e6, one.readings[0]?.value])).toEqual([
    [1, 10],
    [3, 10.6],
    [7, 10.5],
  ])
})

test('calibrates inputs of real devices, not outputs and not demo values', async () => {
  const channels = [input('level'), { ...input('valve'), direction: 'output' as const, readback: true }]
  const plan = aPlan(1000, [
    { channel: 'level', calibration: linear },
    { channel: 'valve', calibration: linear },
  ])
  const real = await aSession({ channels, plan })
  await real.time.advance(1000)
  expect([real.valuesOf('level'), real.valuesOf('valve')]).toEqual([[85], [42]])
  const demo = await aSession({
    channels: [input('level', { simulation: { profile: 'constant', base: 42 } })],
    plan,
    demoMode: true,
  })
  await demo.time.advance(1000)
  expect(demo.valuesOf('level')).toEqual([42])
})

test('marks a value bad that its calibration leads nowhere', async () => {
  const calibration: Calibration = { kind: 'polynomial', coefficients: [0, 1e308] }
  const { time, samples } = await aSession({
    channels: [input('level')],
    plan: aPlan(1000, [{ channel: 'level', calibration }]),
  })
  await time.advance(1000)
  expect(samples()[0]?.readings).toEqual([{ channel: 'level', value: null, quality: ['bad', 'sensor_fault'] }])
})

test('takes what a device sends by itself, in order, as of when it was measured', async () => {
  const { device, time, samples, calls } = await aSession({
    channels: [input('level', { pushed: true }), input('flow', { pushed: true })],
    plan: aPlan(1000, [{ channel: 'level', calibration: linear }, { channel: 'flow' }]),
  })
  await time.advance(5000)
  device.push({ level: 1 }, 500)
  device.push({ level: 2, flow: 20 }, 4000)
  await time.advance(100)
  expect(samples()).toEqual([
    { time: 4_500_000, readings: [{ channel: 'level', value: 3, quality: [] }] },
    {
      time: 4_500_001,
      readings: [
        { channel: 'level', value: 5, quality: [] },
        { channel: 'flow', value: 20, quality: [] },
      ],
    },
  ])
  expect(calls).toEqual(['connect'])
})

test.each([Number.NaN, Number.POSITIVE_INFINITY, 1e12])(
  'records what is pushed with the impossible age %d',
  async (ageMs) => {
    const { device, time, samples } = await aSession({
      channels: [input('level', { pushed: true })],
      plan: aPlan(1000, mapped('level')),
    })
    await time.advance(5000)
    device.push({ level: 1 }, ageMs)
    device.push({ level: 2 })
    await time.advance(100)
    expect(samples().map(({ readings }) => readings[0]?.value)).toEqual([1, 2])
    for (const sample of samples()) expect(Number.isSafeInteger(sample.time) && sample.time >= 0).toBe(true)
  },
)

test('says once that a channel is stale that gives nothing for three intervals, until it speaks again', async () => {
  const { script, time, samples } = await aSession({
    channels: [input('level'), input('flow')],
    plan: aPlan(1000, mapped('level', 'flow')),
  })
  await time.advance(2000)
  script.read = async () => ({ level: 1 })
  await time.advance(10_000)
  const ofFlow = () =>
    samples().flatMap(({ time: at, readings }) =>
      readings.filter(({ channel }) => channel === 'flow').map(({ value, quality }) => [at / 1e6, value, quality]),
    )
  expect(ofFlow().slice(1)).toEqual([
    [2, 42, []],
    [5.5, null, ['bad', 'stale']],
  ])
  script.read = async () => ({ level: 1, flow: 7 })
  await time.advance(1000)
  expect(ofFlow().at(-1)).toEqual([13, 7, []])
})

test('expects nothing of pushed channels unless an interval is given, nor of outputs that cannot be asked', async () => {
  const { device, time, valuesOf } = await aSession({
    channels: [
      input('free', { pushed: true }),
      input('regular', { pushed: true, samplingIntervalMs: 5000 }),
      { ...input('valve'), direction: 'output' },
    ],
    plan: aPlan(1000, mapped('free', 'regular', 'valve')),
  })
  device.push({ free: 1, regular: 1 })
  await time.advance(60_000)
  expect([valuesOf('free'), valuesOf('regular'), valuesOf('valve')]).toEqual([[1], [1, null], []])
})

test('takes all back when the device is lost', async () => {
  const { device, time, samples } = await aSession({
    channels: [
      input('level'),
      input('flow', { pushed: true }),
      { ...input('valve'), direction: 'output', safeValue: 3 },
    ],
    plan: aPlan(1000, mapped('level', 'flow', 'valve')),
  })
  device.push({ flow: 1 })
  await time.advance(1500)
  device.lost(new ConnectionError('cable pulled'))
  await time.advance(100)
  const [loss] = samples().filter(({ readings }) => readings.some(({ value }) => value === null))
  expect(loss?.readings.map(({ channel }) => channel)).toEqual(['level', 'flow'])
})

test('counts as failing while any group does, and stays connected as long as another one can be read', async () => {
  const { script, sent, time, calls } = await aSession({
    channels: [input('good'), input('bad')],
    plan: aPlan(1000, [
      { channel: 'good', intervalMs: 300 },
      { channel: 'bad', intervalMs: 500 },
    ]),
  })
  script.read = async (ids) => {
    if (ids.includes('bad')) throw new Error('illegal data address')
    return { good: 1 }
  }
  await time.advance(20_000)
  expect(calls.filter((call) => call === 'connect')).toHaveLength(1)
  expect(sent.flatMap((message) => (message.type === 'state' ? [message.state] : []))).toEqual([
    'connecting',
    'connected',
    'error',
  ])
})

const looked = async (site: Awaited<ReturnType<typeof aSession>>) => {
  void site.session.look({ type: 'look', look: 7 })
  await site.time.advance(0)
  return site.sent.flatMap((message) => (message.type === 'values' ? [message] : [])).at(-1)?.values
}

test('shows all channels to who looks, and reads unmapped ones for as long as somebody does', async () => {
  const site = await aSession({
    channels: [input('level', { deadband: 100 }), input('flow'), input('free', { pushed: true })],
    plan: aPlan(1000, mapped('level')),
  })
  await site.time.advance(1500)
  site.script.read = async (ids) => Object.fromEntries(ids.map((id) => [id, 43]))
  expect(await looked(site)).toEqual([
    { channel: 'level', value: 42, quality: [], time: 1_000_000 },
    { channel: 'flow', value: 43, quality: [], time: 1_500_000 },
    { channel: 'free', value: null, quality: ['bad', 'stale'], time: null },
  ])
  await site.time.advance(1000)
  expect(await looked(site)).toMatchObject([{ value: 43, time: 2_000_000 }, { value: 43, time: 2_000_000 }, {}])
  expect(site.valuesOf('flow')).toEqual([])
  expect(site.valuesOf('level')).toEqual([42])
  await site.time.advance(30_000)
  expect(site.calls.filter((call) => call === 'read flow')).toHaveLength(1 + 11)
})

test('answers who looks within a second although reading takes longer, and without a device', async () => {
  const site = await aSession({ channels: [input('level')], script: { read: () => new Promise(() => undefined) } })
  void site.session.look({ type: 'look', look: 1 })
  await site.time.advance(950)
  expect(site.sent.at(-1)).toMatchObject({ type: 'values', look: 1, values: [{ channel: 'level', value: null }] })
  const away = await aSession({
    channels: [input('level')],
    script: { connect: () => Promise.reject(new ConnectionError('no route')) },
  })
  expect(await looked(away)).toHaveLength(1)
})

test('lets channels that are only looked at and cannot be read spoil nothing', async () => {
  const site = await aSession({ channels: [input('level'), input('broken')], plan: aPlan(1000, mapped('level')) })
  site.script.read = async (ids) => {
    if (ids.includes('broken')) throw new Error('illegal data address')
    return { level: 1 }
  }
  expect(await looked(site)).toMatchObject([{ value: null }, { value: null, quality: ['bad', 'sensor_fault'] }])
  await site.time.advance(9000)
  expect(site.valuesOf('level')).toEqual(Array(9).fill(1))
  expect(site.sent.filter(({ type }) => type === 'state')).toHaveLength(2)
})
