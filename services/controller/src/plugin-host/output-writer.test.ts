import { type ChannelDefinition, ConnectionError } from '@webmacs/plugin-sdk'
import { expect, test } from 'vitest'
import { aPlan, aSession, never, type SessionFixtureOptions } from './scripted-session.fixture.ts'

const CHANNELS: ChannelDefinition[] = [
  { id: 'level', name: 'Level', direction: 'input', unit: '%' },
  { id: 'valve', name: 'Valve', direction: 'output', unit: '%' },
  { id: 'pump', name: 'Pump', direction: 'output', unit: '%', readback: true },
  { id: 'lamp', name: 'Lamp', direction: 'output', unit: 'bool', dataType: 'bool', readback: true },
]
const MAPPED = aPlan(10_000, [{ channel: 'valve' }, { channel: 'pump' }])

async function aDevice(options: Partial<SessionFixtureOptions> = {}) {
  const site = await aSession({ channels: CHANNELS, plan: MAPPED, ...options })
  let commands = 0
  const write = (channel: string, value: number, withinMs = 2000): Promise<void> => {
    commands += 1
    const deadline = site.time.now() + withinMs * 1000
    return site.session.write({ type: 'write', command: `c${commands}`, channel, value, deadline })
  }
  return { ...site, write }
}

test('writes, says what was there before, and shows the new value at once', async () => {
  const { write, said, valuesOf, samples, time } = await aDevice()
  await write('valve', 30)
  await time.advance(50)
  await write('valve', 40)
  await time.advance(0)
  expect(said()).toEqual(['c1 written null → 30', 'c1 unverified null', 'c2 written 30 → 40', 'c2 unverified null'])
  expect(valuesOf('valve')).toEqual([30, 40])
  expect(samples().map((sample) => sample.time)).toEqual([0, 50_000])
})

test('does not write what has expired, not even when it waited for the one before', async () => {
  const { write, said, calls, script, time } = await aDevice()
  script.write = () => new Promise((resolve) => void time.after(500, () => resolve(undefined)))
  void write('valve', 10)
  void write('valve', 20, 100)
  await time.advance(1000)
  expect(calls).not.toContain('valve=20')
  expect(said().at(-1)).toBe('c2 expired: it had to be written 400 ms earlier')
})

test('says that the device is away while it is', async () => {
  const { write, said } = await aDevice({ script: { connect: () => Promise.reject(new ConnectionError('no route')) } })
  await write('valve', 30)
  expect(said()).toEqual(['c1 away: the device is not connected'])
})

test('says why the device did not take the value', async () => {
  const { write, said, script, calls } = await aDevice()
  script.write = () => Promise.reject(new Error('illegal data address'))
  await write('valve', 30)
  await write('level', 30)
  await write('ghost', 30)
  expect(said()).toEqual([
    'c1 failed: illegal data address',
    'c2 failed: there is no output "level"',
    'c3 failed: there is no output "ghost"',
  ])
  expect(calls).not.toContain('disconnect')
})

test('connects anew when a write finds the device gone', async () => {
  const { write, said, script, calls, time } = await aDevice()
  script.write = () => Promise.reject(new ConnectionError('cable pulled'))
  void write('valve', 30)
  await time.advance(1500)
  expect(said()).toEqual(['c1 failed: cable pulled'])
  expect(calls.filter((call) => call === 'connect')).toHaveLength(2)
})

test('gives a write up that takes too long, and takes a driver for hung that does not end it', async () => {
  const { write, said, script, hung, time } = await aDevice()
  script.write = never
  void write('valve', 30)
  await time.advance(3000)
  expect(said()).toEqual(['c1 unanswered: write took longer than 3000 ms'])
  await time.advance(10_000)
  expect(hung()).toBe(1)
})

test.each([
  [30.9, 'c1 confirmed 30.9'],
  [32, 'c1 mismatch 32'],
])('compares what the device answers to a write, within the tolerance: %d', async (answer, verdict) => {
  const { write, said, script, valuesOf, time } = await aDevice()
  script.write = async () => answer
  await write('valve', 30)
  await time.advance(0)
  expect(said()).toEqual(['c1 written null → 30', verdict])
  expect(valuesOf('valve')).toEqual([answer])
})

test('takes the tolerance that people set', async () => {
  const output = { tolerance: 5 }
  const { write, said, script } = await aDevice({ plan: aPlan(1000, [{ channel: 'valve', output }]) })
  script.write = async () => 34
  await write('valve', 30)
  expect(said().at(-1)).toBe('c1 confirmed 34')
})

test('asks a device that can be asked until it agrees, and shows what it says, not what was asked for', async () => {
  const answers = [10, 20, 29.5]
  const { write, said, script, valuesOf, time } = await aDevice()
  script.read = async () => ({ pump: answers.shift() ?? 29.5 })
  void write('pump', 30)
  await time.advance(150)
  expect(said()).toEqual(['c1 written null → 30'])
  await time.advance(100)
  expect(said().at(-1)).toBe('c1 confirmed 29.5')
  expect(valuesOf('pump')).toEqual([10, 20, 29.5])
})

test.each([
  ['pump', 10_000, undefined],
  ['lamp', 3000, undefined],
  ['pump', 500, { verify_within_ms: 500 }],
])('says what %s shows instead when time is up, after %d ms', async (channel, withinMs, output) => {
  const { write, said, script, time } = await aDevice({ plan: aPlan(60_000, [{ channel, output }]) })
  script.read = async (ids) => Object.fromEntries(ids.map((id) => [id, 0]))
  const wanted = channel === 'pump' ? 100 : 1
  void write(channel, wanted)
  await time.advance(withinMs - 150)
  expect(said()).toEqual([`c1 written null → ${wanted}`])
  await time.advance(200)
  expect(said().at(-1)).toBe('c1 mismatch 0')
})

test.each([
  ['fails', () => Promise.reject(new Error('checksum'))],
  ['never ends', never],
  ['has no value', async () => ({})],
])('says that the read-back is silent when reading it %s', async (_what, read) => {
  const { write, said, script, time } = await aDevice({ plan: aPlan(60_000, [{ channel: 'lamp' }]) })
  script.read = () => read()
  void write('lamp', 1)
  await time.advance(3200)
  expect(said()).toEqual(['c1 written null → 1', 'c1 timeout null'])
})

test('waits for what a device sends by itself where it is not asked', async () => {
  const channels: ChannelDefinition[] = [{ id: 'fan', name: 'Fan', direction: 'output', unit: '%', pushed: true }]
  const { write, said, device, time, calls } = await aDevice({ channels, plan: aPlan(1000, [{ channel: 'fan' }]) })
  device.push({ fan: 30 })
  await time.advance(100)
  void write('fan', 30)
  await time.advance(500)
  expect(said()).toEqual(['c1 written 30 → 30'])
  device.push({ fan: 30 })
  await time.advance(100)
  expect(said().at(-1)).toBe('c1 confirmed 30')
  expect(calls).toEqual(['connect', 'fan=30'])
})

test('gives the read-back the time that it has, whatever the date is set to meanwhile', async () => {
  const { write, said, script, time } = await aDevice()
  script.read = async () => ({ pump: 0 })
  await write('pump', 30)
  time.setDate(3_600_000)
  await time.advance(1000)
  script.read = async () => ({ pump: 30 })
  await time.advance(1000)
  script.read = async () => ({ pump: 0 })
  await write('pump', 40)
  time.setDate(-7_200_000)
  await time.advance(11_000)
  expect(said().filter((word) => !word.includes('written'))).toEqual(['c1 confirmed 30', 'c2 mismatch 0'])
})

test('ends a verification when a newer value is written, not when a newer one has expired', async () => {
  const { write, said, script, time } = await aDevice()
  script.read = async () => ({ pump: 0 })
  void write('pump', 30)
  await time.advance(200)
  void write('pump', 40, 0)
  await time.advance(200)
  expect(said().slice(1)).toEqual(['c2 expired: it had to be written 0 ms earlier'])
  script.read = async () => ({ pump: 50 })
  void write('pump', 50)
  await time.advance(200)
  expect(said().slice(2)).toEqual(['c1 unverified null', 'c3 written 0 → 50', 'c3 confirmed 50'])
})

test('says that it does not know what became of a value when the device is lost', async () => {
  const { write, said, script, device, time } = await aDevice()
  script.read = async () => ({ pump: 0 })
  void write('pump', 30)
  await time.advance(200)
  script.write = never
  void write('valve', 30)
  await time.advance(0)
  device.lost(new ConnectionError('cable pulled'))
  await time.advance(0)
  expect(said().slice(1)).toEqual(['c2 failed: the device was lost while it was written', 'c1 timeout null'])
})

test('confirms at once in demo mode', async () => {
  const { write, said, samples, calls } = await aDevice({ demoMode: true })
  await write('pump', 130)
  expect(said()).toEqual(['c1 written null → 100', 'c1 confirmed 100'])
  expect(samples().at(-1)?.readings).toEqual([{ channel: 'pump', value: 100, quality: ['simulated'] }])
  expect(calls).toEqual([])
})

test('never takes on for off, whatever the range of a switch says', async () => {
  const { write, said, script } = await aDevice()
  script.write = async () => 0
  await write('lamp', 1)
  expect(said().at(-1)).toBe('c1 mismatch 0')
})
