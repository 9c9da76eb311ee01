import { type ChannelDefinition, ConnectionError, DevicePlugin, definePlugin, NO_CONFIG } from '@webmacs/plugin-sdk'
import { createTestDevice } from '@webmacs/plugin-sdk/testing'
import { beforeEach, expect, test } from 'vitest'
import { BackOff } from '../back-off.ts'
import { FakeTime } from '../testing/fake-time.ts'
import { DeviceSession } from './device-session.ts'
import type { InstancePlan, OutputMessage, SampleMessage, StateMessage } from './messages.ts'

const CHANNELS: ChannelDefinition[] = [
  { id: 'level', name: 'Level', direction: 'input', unit: '%' },
  { id: 'valve', name: 'Valve', direction: 'output', unit: '%', safeValue: 0 },
]

/** What the device does; each test changes what it is about. */
const behaviour = {
  connect: (_signal: AbortSignal): Promise<void> => Promise.resolve(),
  disconnect: (_signal: AbortSignal): Promise<void> => Promise.resolve(),
  read: (_signal: AbortSignal): Promise<number> => Promise.resolve(42),
}
const wellBehaved = { ...behaviour }

let time: FakeTime
let calls: string[]
let sent: (StateMessage | SampleMessage | OutputMessage)[]
let hung: number

beforeEach(() => {
  Object.assign(behaviour, wellBehaved)
  time = new FakeTime()
  calls = []
  sent = []
  hung = 0
})

class ScriptedDevice extends DevicePlugin {
  protected override connectDevice(signal: AbortSignal): Promise<void> {
    calls.push('connect')
    return behaviour.connect(signal)
  }

  protected override disconnectDevice(signal: AbortSignal): Promise<void> {
    calls.push('disconnect')
    return behaviour.disconnect(signal)
  }

  protected override async readDevice(_channels: unknown, signal: AbortSignal) {
    calls.push('read')
    return { level: await behaviour.read(signal) }
  }

  protected override async writeDevice({ id }: { id: string }, raw: number): Promise<undefined> {
    calls.push(`${id}=${raw}`)
  }
}

const plugin = definePlugin({
  meta: { id: 'scripted', name: 'Scripted', version: '1.0.0' },
  configSchema: NO_CONFIG,
  channels: () => CHANNELS,
  create: (context) => new ScriptedDevice(context),
})

const aPlan = (intervalMs: number, channels: string[]): InstancePlan => ({
  intervalMs,
  channels: channels.map((channel) => ({
    channel,
    isMapped: true,
    intervalMs: undefined,
    deadband: undefined,
    maxSilenceMs: undefined,
    calibration: undefined,
    output: undefined,
  })),
})

async function aSession(channels: string[] = ['level']): Promise<DeviceSession> {
  const lines: string[] = []
  const note = (_facts: object, message: string): void => void lines.push(message)
  const session = new DeviceSession({
    device: await createTestDevice(plugin),
    plan: aPlan(1000, channels),
    setpoints: {},
    deadlines: { connectMs: 5000, readMs: 3000, stopMs: 2000 },
    backOff: new BackOff({ firstMs: 1000, maxMs: 60_000, random: () => 0 }),
    now: time.now,
    timers: time,
    log: { debug: note, info: note, warn: note, error: note },
    send: (message) => void sent.push(message),
    hung: () => {
      hung += 1
    },
  })
  session.start()
  await time.advance(0)
  return session
}

const states = () => sent.flatMap((message) => (message.type === 'state' ? [[message.state, message.message]] : []))
const samples = () => sent.flatMap((message) => (message.type === 'sample' ? message.instants : []))
const values = () => samples().map(({ readings }) => readings[0]?.value)
const answered = (answer: number | Error | undefined): Promise<number> =>
  answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer ?? 0)
const never = <T>(): Promise<T> => Promise.withResolvers<T>().promise

test('connects, then samples at each tick, with the time at which each cycle began', async () => {
  await aSession()
  await time.advance(3500)
  expect(states()).toEqual([
    ['connecting', null],
    ['connected', null],
  ])
  expect(samples().map((sample) => sample.time)).toEqual([1_000_000, 2_000_000, 3_000_000])
  expect(samples()[0]?.readings).toEqual([{ channel: 'level', value: 42, quality: [] }])
})

test('makes outputs safe, then disconnects when it is stopped', async () => {
  const session = await aSession()
  await time.advance(1500)
  await session.stop()
  expect(calls).toEqual(['connect', 'valve=0', 'read', 'valve=0', 'disconnect'])
  await time.advance(60_000)
  expect(calls).toHaveLength(5)
})

test('tries to connect again after longer and longer waits, and says why', async () => {
  behaviour.connect = () => Promise.reject(new ConnectionError('no route'))
  await aSession()
  await time.advance(7500)
  expect(calls).toEqual([
    'connect',
    'disconnect',
    'connect',
    'disconnect',
    'connect',
    'disconnect',
    'connect',
    'disconnect',
  ])
  expect(states()).toEqual([
    ['connecting', null],
    ['error', 'no route'],
  ])
  behaviour.connect = wellBehaved.connect
  await time.advance(8000)
  expect(states().at(-1)).toEqual(['connected', null])
})

test('gives up a connect that takes too long, and tries again once the driver has ended it', async () => {
  behaviour.connect = (signal) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
  await aSession()
  await time.advance(5500)
  expect(states().at(-1)).toEqual(['error', 'connect took longer than 5000 ms'])
  await time.advance(1000)
  expect(calls).toEqual(['connect', 'disconnect', 'connect'])
  expect(hung).toBe(0)
})

test.each(['connect', 'read', 'disconnect'] as const)('calls a driver hung that does not end its %s', async (what) => {
  if (what === 'disconnect') behaviour.read = () => Promise.reject(new ConnectionError('lost'))
  behaviour[what] = never
  await aSession()
  await time.advance(20_000)
  expect(hung).toBe(1)
})

test('marks a cycle bad that fails, and recovers with the next one', async () => {
  const answers = [1, new Error('checksum'), 3]
  behaviour.read = () => answered(answers.shift())
  await aSession()
  await time.advance(3500)
  expect(values()).toEqual([1, null, 3])
  expect(samples()[1]?.readings).toEqual([{ channel: 'level', value: null, quality: ['bad', 'sensor_fault'] }])
  expect(states().slice(1)).toEqual([
    ['connected', null],
    ['error', 'checksum'],
    ['connected', null],
  ])
  expect(calls).not.toContain('disconnect')
})

test('connects anew at once when the device is lost, after making outputs safe', async () => {
  const answers = [1, new ConnectionError('cable pulled'), 3]
  behaviour.read = () => answered(answers.shift())
  await aSession()
  await time.advance(4500)
  expect(calls.slice(0, 9)).toEqual([
    'connect',
    'valve=0',
    'read',
    'read',
    'valve=0',
    'disconnect',
    'connect',
    'valve=0',
    'read',
  ])
})

test('connects anew after five failures in a row, and is not connected again before it can read', async () => {
  behaviour.read = () => Promise.reject(new Error('checksum'))
  await aSession()
  await time.advance(30_000)
  expect(calls.filter((call) => call === 'connect').length).toBeGreaterThan(1)
  expect(calls.slice(0, 7)).toEqual(['connect', 'valve=0', 'read', 'read', 'read', 'read', 'read'])
  expect(calls.slice(7, 10)).toEqual(['valve=0', 'disconnect', 'connect'])
  expect(states()).toEqual([
    ['connecting', null],
    ['connected', null],
    ['error', 'checksum'],
  ])
})

test('leaves out the ticks that come while a read is under way, and counts them', async () => {
  behaviour.read = () => new Promise((resolve) => void time.after(2500, () => resolve(7)))
  const session = await aSession()
  await time.advance(4000)
  expect(samples().map((sample) => sample.time)).toEqual([1_000_000])
  expect(session.counters).toEqual({ samples: 1, overruns: 2 })
})

test('samples what it is told to from now on, and passes over channels that do not exist', async () => {
  const session = await aSession([])
  await time.advance(3000)
  expect(samples()).toEqual([])
  expect(states().at(-1)).toEqual(['connected', null])
  session.change(aPlan(100, ['level', 'ghost', 'level']))
  await time.advance(1000)
  expect(samples()).toHaveLength(10)
  expect(samples()[0]?.readings).toHaveLength(1)
})

test('stops in the middle of a connect, a read or a pause', async () => {
  for (const what of ['connect', 'read'] as const) {
    Object.assign(behaviour, wellBehaved, { [what]: never })
    const session = await aSession()
    await time.advance(1500)
    await session.stop()
  }
  Object.assign(behaviour, wellBehaved, { connect: () => Promise.reject(new ConnectionError('no route')) })
  const pausing = await aSession()
  await time.advance(500)
  await pausing.stop()
  expect(calls.filter((call) => call === 'disconnect')).toHaveLength(3)
})
