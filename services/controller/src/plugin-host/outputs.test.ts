import type { OutputPolicy } from '@webmacs/contracts'
import { type ChannelDefinition, ConnectionError } from '@webmacs/plugin-sdk'
import { expect, test } from 'vitest'
import { aPlan, aSession, never, type SessionFixtureOptions } from './scripted-session.fixture.ts'

const CHANNELS: ChannelDefinition[] = [
  { id: 'level', name: 'Level', direction: 'input', unit: '%' },
  { id: 'heater', name: 'Heater', direction: 'output', unit: '%', safeValue: 5 },
  { id: 'valve', name: 'Valve', direction: 'output', unit: '%' },
]

const planned = (policies: Readonly<Record<string, OutputPolicy>>) =>
  aPlan(1000, [{ channel: 'level' }, ...Object.entries(policies).map(([channel, output]) => ({ channel, output }))])

/** A write that goes on until it is told to end. */
const untilGivenUp = (_channel: string, _value: number, signal: AbortSignal): Promise<undefined> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))

async function aDevice(
  policies: Readonly<Record<string, OutputPolicy>> = {},
  options: Partial<SessionFixtureOptions> = {},
) {
  const site = await aSession({ channels: CHANNELS, plan: planned(policies), ...options })
  const write = (channel: string, value: number, command = 'c1'): Promise<void> =>
    site.session.write({ type: 'write', command, channel, value, deadline: site.time.now() + 2_000_000 })
  const makeSafe = (channels?: readonly string[]) => site.session.makeSafe({ type: 'safe', reason: 'asked', channels })
  return { ...site, write, makeSafe, writes: () => site.calls.filter((call) => call.includes('=')) }
}

test.each<[string, OutputPolicy, Record<string, number>, string[]]>([
  ['the safe value of the driver', {}, { heater: 60 }, ['heater=5']],
  ['the safe value that people chose', { safe_value: 20 }, {}, ['heater=20']],
  ['nothing where people want none', { safe_value: null }, {}, []],
  ['nothing where it is to be held', { on_start: 'hold' }, { heater: 60 }, []],
  ['the last confirmed setpoint', { on_start: 'last_confirmed' }, { heater: 60 }, ['heater=60']],
  ['no setpoint beyond the limits', { on_start: 'last_confirmed', max: 50 }, { heater: 60 }, ['heater=50']],
  ['the safe value for want of a setpoint', { on_start: 'last_confirmed' }, {}, ['heater=5']],
])('gives an output at the start: %s', async (_what, policy, setpoints, expected) => {
  const { calls, writes, time, madeSafe } = await aDevice({ heater: policy }, { setpoints })
  await time.advance(1500)
  expect(writes()).toEqual(expected)
  expect(calls).toEqual(['connect', ...expected, 'read level'])
  expect(madeSafe().map(({ applied }) => applied)).toEqual(
    expected.map((call) => [{ channel: 'heater', value: Number(call.split('=')[1]) }]),
  )
})

test('takes no command before outputs are what they have to be', async () => {
  const { write, said, writes, time, script } = await aDevice({}, { script: { write: untilGivenUp } })
  await write('heater', 50)
  expect(said()).toEqual(['c1 away: the device is not connected'])
  script.write = async () => undefined
  await time.advance(3000)
  await write('heater', 60, 'c2')
  expect(writes()).toEqual(['heater=5', 'heater=60'])
})

test('gives each output a share of the time: one that hangs does not keep the others from becoming safe', async () => {
  const { session, writes, madeSafe, script, time } = await aDevice({ valve: { safe_value: 0 } })
  script.write = (channel) => (channel === 'heater' ? never() : Promise.resolve(undefined))
  const stopped = session.stop()
  await time.advance(2000)
  await stopped
  expect(writes()).toEqual(['heater=5', 'valve=0', 'heater=5', 'valve=0'])
  const { applied, failed } = madeSafe().at(-1) ?? {}
  expect(applied).toEqual([{ channel: 'valve', value: 0 }])
  expect(failed).toEqual([{ channel: 'heater', message: 'safe value took longer than 750 ms' }])
})

test('brings outputs to their start again when the device was lost, and leaves those alone that are held', async () => {
  const policies = { heater: {}, valve: { safe_value: 1, on_start: 'last_confirmed' } } as const
  const { write, device, calls, script, time } = await aDevice(policies)
  script.write = async (_channel, value) => value
  await write('heater', 60)
  await write('valve', 70, 'c2')
  calls.length = 0
  device.lost(new ConnectionError('cable pulled'))
  await time.advance(1500)
  expect(calls.slice(0, 5)).toEqual(['heater=5', 'disconnect', 'connect', 'heater=5', 'valve=70'])
})

test('makes some outputs safe or all, while the device stays connected', async () => {
  const { makeSafe, write, writes, madeSafe, valuesOf, time } = await aDevice({ valve: { safe_value: 1 } })
  await write('valve', 30)
  await makeSafe(['valve', 'ghost'])
  await makeSafe()
  await write('valve', 40, 'c2')
  expect(writes().slice(2)).toEqual(['valve=30', 'valve=1', 'heater=5', 'valve=1', 'valve=40'])
  expect(madeSafe().slice(1)).toMatchObject([
    { reason: 'asked', applied: [{ channel: 'valve', value: 1 }], failed: [] },
    { reason: 'asked', applied: [{ channel: 'heater' }, { channel: 'valve' }], failed: [] },
  ])
  await time.advance(20)
  expect(valuesOf('valve')).toEqual([1, 30, 1, 1, 40])
})

test('lets nothing that was asked before come after a safe value', async () => {
  const { makeSafe, write, writes, said, script, time } = await aDevice()
  script.write = (channel, value, signal) =>
    value === 5 ? Promise.resolve(undefined) : untilGivenUp(channel, value, signal)
  void write('heater', 60)
  void write('heater', 70, 'c2')
  await time.advance(10)
  void makeSafe()
  await time.advance(10)
  expect(writes().slice(1)).toEqual(['heater=60', 'heater=5'])
  expect(said()).toEqual([
    'c1 failed: the output was made safe meanwhile',
    'c2 failed: the output was made safe meanwhile',
  ])
})

test('makes an output safe when its device comes back that was to become safe while it was away', async () => {
  const policies = { heater: { on_start: 'last_confirmed' } } as const
  const { makeSafe, madeSafe, script, writes, time } = await aDevice(policies, {
    setpoints: { heater: 60 },
    script: { connect: () => Promise.reject(new ConnectionError('no route')) },
  })
  await makeSafe()
  expect(madeSafe()[0]?.failed).toEqual([{ channel: 'heater', message: 'the device is not connected' }])
  script.connect = async () => undefined
  await time.advance(1500)
  expect(writes()).toEqual(['heater=5'])
})

test('makes an output safe that was to become safe while it was given its setpoint of the start', async () => {
  const started = Promise.withResolvers<undefined>()
  const { makeSafe, writes, time } = await aDevice(
    { heater: { on_start: 'last_confirmed' } },
    {
      setpoints: { heater: 60 },
      script: { write: (_channel, value) => (value === 60 ? started.promise : Promise.resolve(undefined)) },
    },
  )
  await makeSafe()
  started.resolve(undefined)
  await time.advance(100)
  expect(writes()).toEqual(['heater=60', 'heater=5'])
})

test('gives no setpoint of the start any more to an output that was made safe meanwhile', async () => {
  const policies = {
    heater: { on_start: 'last_confirmed' },
    valve: { safe_value: 0, on_start: 'last_confirmed' },
  } as const
  const started = Promise.withResolvers<undefined>()
  const { session, writes, time } = await aDevice(policies, {
    setpoints: { heater: 60, valve: 70 },
    script: { write: (_channel, value) => (value === 60 ? started.promise : Promise.resolve(undefined)) },
  })
  const stopped = session.stop()
  await time.advance(700)
  started.resolve(undefined)
  await time.advance(2000)
  await stopped
  expect(writes()).toEqual(['heater=60', 'heater=5', 'valve=0'])
})

test('tries again to make an output safe that did not take its safe value, until it does', async () => {
  const { makeSafe, write, writes, script, time, madeSafe } = await aDevice()
  await write('heater', 60)
  script.write = () => Promise.reject(new Error('no answer'))
  await makeSafe()
  await time.advance(2500)
  script.write = async () => undefined
  await time.advance(20_000)
  expect(writes().slice(2)).toEqual(['heater=5', 'heater=5', 'heater=5'])
  expect(madeSafe().at(-1)).toMatchObject({ applied: [{ channel: 'heater', value: 5 }] })
})

test('takes a safe value that no device can have for the nearest that it can', async () => {
  const channels: ChannelDefinition[] = [
    { id: 'lamp', name: 'Lamp', direction: 'output', unit: 'bool', dataType: 'bool', maxValue: 1 },
  ]
  const plan = planned({ lamp: { safe_value: -3 } })
  const { makeSafe, session, feedsIn } = await aWatchedDevice({}, { channels, plan })
  session.setContact(false)
  await makeSafe()
  expect(await feedsIn(60 * SECOND)).toBe(600)
})

test('does not give an output its setpoint again that was made safe since', async () => {
  const { makeSafe, device, writes, time } = await aDevice(
    { heater: { on_start: 'last_confirmed' } },
    { setpoints: { heater: 60 } },
  )
  await makeSafe()
  device.lost(new ConnectionError('cable pulled'))
  await time.advance(1500)
  expect(writes()).toEqual(['heater=60', 'heater=5', 'heater=5'])
})

test('stops with the safe values that people chose, and shows them before it ends', async () => {
  const { session, write, calls, valuesOf } = await aDevice({
    heater: { safe_value: 12, on_start: 'hold' },
    valve: { safe_value: null },
  })
  await write('heater', 50)
  await session.stop()
  expect(calls).toEqual(['connect', 'heater=50', 'heater=12', 'disconnect'])
  expect(valuesOf('heater')).toEqual([50, 12])
})

const SECOND = 1000

async function aWatchedDevice(
  policies: Readonly<Record<string, OutputPolicy>> = {},
  options: Partial<SessionFixtureOptions> = {},
) {
  const site = await aDevice(policies, { script: { watchdogMs: 300 }, plan: planned(policies), ...options })
  const feedsIn = async (milliseconds: number): Promise<number> => {
    const before = site.calls.filter((call) => call === 'feed').length
    await site.time.advance(milliseconds)
    return site.calls.filter((call) => call === 'feed').length - before
  }
  return { ...site, feedsIn }
}

test("feeds the device's own watchdog every third of its period, from the connection to the end", async () => {
  const { feedsIn, session, calls } = await aWatchedDevice()
  expect(await feedsIn(3 * SECOND)).toBe(30)
  await session.stop()
  expect(await feedsIn(3 * SECOND)).toBe(0)
  expect(calls.indexOf('feed')).toBe(1)
})

test('feeds it without contact for as long as outputs may be held, and on when they were made safe in time', async () => {
  const { feedsIn, session, write, makeSafe } = await aWatchedDevice({ heater: { grace_ms: 10 * SECOND } })
  await write('heater', 50)
  session.setContact(false)
  expect(await feedsIn(11 * SECOND)).toBe(110)
  await makeSafe()
  expect(await feedsIn(60 * SECOND)).toBe(600)
})

test('feeds it for as long as outputs may be held, whatever the date is set to', async () => {
  const { feedsIn, session, write, time } = await aWatchedDevice({ heater: { grace_ms: 10 * SECOND } })
  await write('heater', 50)
  session.setContact(false)
  await feedsIn(5 * SECOND)
  time.setDate(3_600_000)
  expect(await feedsIn(5 * SECOND)).toBe(50)
  time.setDate(-7_200_000)
  await feedsIn(3 * SECOND)
  expect(await feedsIn(5 * SECOND)).toBe(0)
})

test('ends in time though the date is set back while an output hangs', async () => {
  const { session, calls, script, time } = await aDevice({ valve: { safe_value: 0 } })
  script.write = () => never()
  const stopped = session.stop()
  await time.advance(100)
  time.setDate(-3_600_000)
  await time.advance(2000)
  await stopped
  expect(calls.at(-1)).toBe('disconnect')
})

test('lets it act when nobody makes outputs safe that should be, until there is contact again', async () => {
  const { feedsIn, session, write } = await aWatchedDevice({ heater: { grace_ms: 10 * SECOND } })
  await write('heater', 50)
  session.setContact(false)
  await feedsIn(13 * SECOND)
  expect(await feedsIn(10 * SECOND)).toBe(0)
  session.setContact(true)
  expect(await feedsIn(SECOND)).toBe(10)
})

test('lets it act when an output could not be made safe, and feeds it for outputs that are held on purpose', async () => {
  const { feedsIn, session, write, makeSafe, script } = await aWatchedDevice({ heater: { on_contact_loss: 'hold' } })
  await write('heater', 50)
  session.setContact(false)
  expect(await feedsIn(60 * SECOND)).toBe(600)
  script.write = () => Promise.reject(new Error('illegal data address'))
  await makeSafe()
  expect(await feedsIn(SECOND)).toBe(0)
})
