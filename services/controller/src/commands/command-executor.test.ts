import { type CommandReport, type CommandRequest, formatTime, newId, type OutputPolicy } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import type { ControllerMessage, OutputMessage, WriteRequest } from '../plugin-host/messages.ts'
import { FakeTime } from '../testing/fake-time.ts'
import { aDesired } from '../testing/site.ts'
import { CommandExecutor } from './command-executor.ts'
import { CommandMemory } from './command-memory.ts'

const VALVE = {
  id: 'valve',
  name: 'Valve',
  direction: 'output',
  unit: '%',
  min_value: 0,
  max_value: 100,
  data_type: 'float',
  safe_value: 5,
  readback: true,
} as const
const COUNTER = { ...VALVE, id: 'counter', name: 'Counter', direction: 'input', safe_value: null } as const

interface BenchOptions {
  readonly policy?: OutputPolicy
  readonly skew?: number
  readonly memory?: CommandMemory
  readonly enabled?: boolean
}

/** An executor, an instance that notes what it is told, and time that passes when a test says so. */
function bench({ policy = {}, skew = 0, memory = new CommandMemory(':memory:'), enabled = true }: BenchOptions = {}) {
  const time = new FakeTime()
  const told: CommandReport[] = []
  const writes: WriteRequest[] = []
  const instance = {
    desired: aDesired({
      enabled,
      channels: [{ channel: 'valve', event: newId('evt'), direction: 'output', settings: { output: policy } }],
    }),
    channels: [VALVE, COUNTER],
    hasProcess: true,
    isHeldSafe: false,
    send: (message: ControllerMessage) => {
      if (instance.hasProcess && message.type === 'write') writes.push(message)
      return instance.hasProcess
    },
  }
  const { instance: id } = instance.desired
  const executor = new CommandExecutor({
    controller: 'lab-1',
    find: (wanted) => (wanted === id ? instance : undefined),
    memory,
    now: time.now,
    uptimeMs: () => time.now() / 1000,
    isHeldSafe: () => instance.isHeldSafe,
    skew: () => skew,
    timers: time,
    log: { error: () => undefined },
    changed: (report) => told.push(report),
    wrote: () => undefined,
  })
  executor.resume()
  const hear = (message: OutputMessage): void => executor.hear(id, message)
  const written = (command: string, value: number, previous: number | null = null): void =>
    hear({ type: 'written', command, channel: 'valve', time: time.now(), previous, written: value, clamped: false })
  const verified = (
    command: string,
    state: 'confirmed' | 'unverified' | 'mismatch' | 'timeout',
    readback: number | null,
  ): void => hear({ type: 'verified', command, channel: 'valve', time: time.now(), state, readback })
  const request = (overrides: Partial<CommandRequest> = {}): CommandRequest => ({
    id: newId('cmd'),
    instance: id,
    channel: 'valve',
    event: null,
    value: 40,
    requested_by: { kind: 'user', id: null, name: 'Ada' },
    requested_on: formatTime(time.now()),
    expires_at: formatTime(time.now() + skew + 2_000_000),
    answer_within_ms: 1500,
    ...overrides,
  })
  /** A command that the device takes and confirms. */
  const set = async (value: number): Promise<CommandReport> => {
    const wanted = request({ value })
    const answer = executor.execute(wanted)
    written(wanted.id, value)
    verified(wanted.id, 'confirmed', value)
    return answer
  }
  const madeSafe = (value: number, reason = 'connected'): void =>
    hear({ type: 'made-safe', reason, time: time.now(), applied: [{ channel: 'valve', value }], failed: [] })
  return { time, told, writes, instance, id, executor, hear, written, verified, request, set, madeSafe, memory }
}

const statesOf = ({ transitions }: CommandReport) => transitions.map(({ state }) => state)

test('answers what was written and what the device says it has, and tells each state', async () => {
  const { executor, request, written, verified, writes, told } = bench()
  const wanted = request()
  const answer = executor.execute(wanted)
  expect(writes).toEqual([{ type: 'write', command: wanted.id, channel: 'valve', value: 40, deadline: 2_000_000 }])
  written(wanted.id, 40, 5)
  verified(wanted.id, 'confirmed', 39.9)
  const report = await answer
  expect(report).toMatchObject({ state: 'confirmed', code: null, previous: 5, written: 40, readback: 39.9 })
  expect(statesOf(report)).toEqual(['accepted', 'written', 'confirmed'])
  expect(told.map(({ state }) => state)).toEqual(['accepted', 'written', 'confirmed'])
})

test.each([
  ['unverified', null, null],
  ['mismatch', 12, 'command.mismatch'],
  ['timeout', null, 'command.timeout'],
] as const)('says %s when the read-back does not confirm', async (state, readback, code) => {
  const { executor, request, written, verified } = bench()
  const wanted = request()
  const answer = executor.execute(wanted)
  written(wanted.id, 40)
  verified(wanted.id, state, readback)
  expect(await answer).toMatchObject({ state, code, readback, written: 40 })
})

test.each([
  ['expired', 'expired', 'command.expired'],
  ['away', 'failed', 'device.away'],
  ['unanswered', 'timeout', 'command.timeout'],
  ['failed', 'failed', 'command.failed'],
] as const)('says why a device was not written to: %s', async (reason, state, code) => {
  const { executor, request, hear, time } = bench()
  const wanted = request()
  const answer = executor.execute(wanted)
  const message = 'connect ECONNREFUSED'
  hear({ type: 'write-failed', command: wanted.id, channel: 'valve', time: time.now(), reason, message })
  expect(await answer).toMatchObject({ state, code, written: null })
})

test('answers in time with what is known by then; the rest is told later', async () => {
  const { executor, request, written, verified, time, told } = bench()
  const wanted = request({ answer_within_ms: 500 })
  const answer = executor.execute(wanted)
  written(wanted.id, 40)
  await time.advance(500)
  expect(await answer).toMatchObject({ state: 'written' })
  verified(wanted.id, 'confirmed', 40)
  expect(told.at(-1)).toMatchObject({ id: wanted.id, state: 'confirmed' })
})

test('does a command once, however often it comes: while it is under way and after', async () => {
  const { executor, request, written, verified, writes } = bench()
  const wanted = request()
  const answers = [executor.execute(wanted), executor.execute(wanted)]
  written(wanted.id, 40)
  verified(wanted.id, 'confirmed', 40)
  answers.push(executor.execute(wanted))
  const reports = await Promise.all(answers)
  expect(reports.map(({ state }) => state)).toEqual(['confirmed', 'confirmed', 'confirmed'])
  expect(writes).toHaveLength(1)
})

test('lets the newest waiting command take the place of the one that waits', async () => {
  const { executor, request, written, verified, writes } = bench()
  const [first, second, third] = [request({ value: 10 }), request({ value: 20 }), request({ value: 30 })]
  const answers = [first, second, third].map((one) => executor.execute(one))
  expect(await answers[1]).toMatchObject({ state: 'superseded', code: 'command.superseded', written: null })
  expect(writes.map(({ value }) => value)).toEqual([10])
  written(first.id, 10)
  expect(writes.map(({ value }) => value)).toEqual([10, 30])
  written(third.id, 30)
  verified(first.id, 'timeout', null)
  verified(third.id, 'confirmed', 30)
  expect((await Promise.all(answers)).map(({ state }) => state)).toEqual(['timeout', 'superseded', 'confirmed'])
})

test('lets a waiting command expire while the one before it is on its way', async () => {
  const { executor, request, writes, time, written } = bench()
  const first = request({ expires_at: formatTime(20_000_000), answer_within_ms: 10_000 })
  const late = request({ answer_within_ms: 10_000 })
  const answers = [executor.execute(first), executor.execute(late)]
  await time.advance(2000)
  expect(await answers[1]).toMatchObject({ state: 'expired', code: 'command.expired' })
  written(first.id, 40)
  expect(writes).toHaveLength(1)
})

test("writes nothing that has expired, by the server's clock", async () => {
  const ahead = bench({ skew: 60_000_000 })
  expect(await ahead.executor.execute(ahead.request({ expires_at: formatTime(60_000_000) }))).toMatchObject({
    state: 'expired',
    code: 'command.expired',
  })
  void ahead.executor.execute(ahead.request())
  expect(ahead.writes.map(({ deadline }) => deadline)).toEqual([2_000_000])
})

test('keeps no command alive for longer than any may live, when its own clock is far behind', async () => {
  const { executor, request, writes } = bench()
  void executor.execute(request({ expires_at: formatTime(40 * 86_400_000_000) }))
  expect(writes.map(({ deadline }) => deadline)).toEqual([30_000_000])
})

test.each<[string, OutputPolicy, Partial<CommandRequest>, Partial<CommandReport>, number[]]>([
  ['clamps to the range of the driver', {}, { value: 140 }, { clamped: true }, [100]],
  ['clamps to the narrower limit', { max: 80 }, { value: 90 }, { clamped: true }, [80]],
  ['does not widen the range of the driver', { max: 500 }, { value: 200 }, { clamped: true }, [100]],
  [
    'refuses what is out of range where it shall',
    { max: 80, out_of_range: 'refuse' },
    { value: 90 },
    {
      state: 'refused',
      code: 'command.refused',
      detail: '90 % is above the greatest value of this output, 80 %.',
    },
    [],
  ],
  [
    'refuses when the limits leave nothing',
    { min: 200 },
    { value: 90 },
    { state: 'refused', detail: 'The limits of this output leave no value: least 200 %, greatest 100 %.' },
    [],
  ],
  ['refuses an input', {}, { channel: 'counter' }, { state: 'refused', detail: '"Counter" is an input.' }, []],
  ['refuses what is not there', {}, { channel: 'lamp' }, { state: 'refused', code: 'command.refused' }, []],
  [
    'refuses what was expected otherwise while nothing is known',
    {},
    { expected_previous: 5 },
    { state: 'refused', code: 'command.refused' },
    [],
  ],
  [
    'says that an instance is not here',
    {},
    { instance: newId('plg') },
    { state: 'failed', code: 'device.away', detail: 'This controller does not run the instance.' },
    [],
  ],
])('%s', async (_, policy, overrides, expected, values) => {
  const { executor, request, writes, time } = bench({ policy })
  const answer = executor.execute(request({ answer_within_ms: 100, ...overrides }))
  await time.advance(100)
  expect(await answer).toMatchObject(expected)
  expect(writes.map(({ value }) => value)).toEqual(values)
})

test('says that a device is away: disabled, without process, not heard of yet', async () => {
  const disabled = bench({ enabled: false })
  expect(await disabled.executor.execute(disabled.request())).toMatchObject({ state: 'failed', code: 'device.away' })
  const gone = bench()
  gone.instance.hasProcess = false
  expect(await gone.executor.execute(gone.request())).toMatchObject({ state: 'failed', code: 'device.away' })
  const silent = bench()
  silent.instance.channels = []
  expect(await silent.executor.execute(silent.request())).toMatchObject({ state: 'failed', code: 'device.away' })
})

test('refuses a change that is too fast, measured from the value before and its time', async () => {
  const { set, executor, request, writes, time } = bench({ policy: { max_rate: 5 } })
  await set(10)
  await time.advance(1000)
  const tooFast = await executor.execute(request({ value: 16 }))
  expect(tooFast).toMatchObject({
    state: 'refused',
    detail: 'From 10 % to 16 % after 1.0 s is faster than 5 % a second.',
  })
  void executor.execute(request({ value: 15 }))
  expect(writes.map(({ value }) => value)).toEqual([10, 15])
})

test('refuses a write that comes too soon after the one before', async () => {
  const { set, executor, request, time } = bench({ policy: { min_interval_ms: 500 } })
  await set(10)
  await time.advance(499)
  expect(await executor.execute(request())).toMatchObject({ state: 'refused', code: 'command.refused' })
  await time.advance(1)
  expect(await set(20)).toMatchObject({ state: 'confirmed' })
})

test('takes a command only from the value it expects, within tolerance', async () => {
  const { set, executor, request, writes } = bench({ policy: { tolerance: 2 } })
  await set(10)
  expect(await executor.execute(request({ expected_previous: 12.5 }))).toMatchObject({
    state: 'refused',
    detail: 'The output has 10 %, not 12.5 % as expected.',
  })
  void executor.execute(request({ expected_previous: 11.9 }))
  expect(writes).toHaveLength(2)
})

test('judges a waiting command when its turn comes', async () => {
  const { executor, request, written } = bench()
  const first = request({ value: 10 })
  void executor.execute(first)
  const second = executor.execute(request({ expected_previous: 5 }))
  written(first.id, 10)
  expect(await second).toMatchObject({ state: 'refused', detail: 'The output has 10 %, not 5 % as expected.' })
})

test('says what it can when the process of the device ends', async () => {
  const { executor, request, written, id, instance } = bench()
  const [first, second, third] = [request(), request(), request()]
  const answers = [executor.execute(first), executor.execute(second)]
  written(first.id, 40)
  answers.push(executor.execute(third))
  instance.hasProcess = false
  executor.silenced(id)
  expect((await Promise.all(answers)).map(({ state, code }) => [state, code])).toEqual([
    ['timeout', 'command.timeout'],
    ['failed', 'command.failed'],
    ['failed', 'device.away'],
  ])
})

test('does not wait for ever for a process that beats and does not answer', async () => {
  const { executor, request, time, told, writes } = bench()
  void executor.execute(request())
  const next = request({ expires_at: formatTime(60_000_000) })
  void executor.execute(next)
  await time.advance(12_000)
  expect(told.find(({ state }) => state === 'failed')).toMatchObject({ code: 'command.failed' })
  expect(writes.at(-1)).toMatchObject({ command: next.id })
})

test('answers everybody at once when it is told to, and goes on', async () => {
  const { executor, request, written } = bench()
  const wanted = request()
  const answer = executor.execute(wanted)
  executor.answerNow()
  expect(await answer).toMatchObject({ state: 'accepted' })
  written(wanted.id, 40)
  expect(await executor.execute(wanted)).toMatchObject({ state: 'written' })
})

test('tells of outputs that were made safe, where that changed something', async () => {
  const { madeSafe, set, told, instance } = bench()
  madeSafe(5)
  expect(told).toEqual([])
  await set(40)
  told.length = 0
  madeSafe(5, 'no contact')
  madeSafe(5, 'stopped')
  expect(told).toHaveLength(1)
  expect(told[0]).toMatchObject({
    state: 'unverified',
    requested_by: { kind: 'safe_state', name: 'lab-1' },
    event: instance.desired.channels[0]?.event,
    value: 5,
    previous: 40,
    written: 5,
    reason: 'no contact',
  })
})

test('lets go of what waits for an output that is made safe, and of its setpoint', async () => {
  const { executor, request, id, written, writes, set, memory } = bench()
  await set(40)
  expect(memory.setpoints(id)).toEqual({ valve: 40 })
  const first = request()
  void executor.execute(first)
  const waiting = executor.execute(request())
  executor.makingSafe(id, ['valve'])
  expect(await waiting).toMatchObject({ state: 'superseded', detail: 'The output was made safe.' })
  written(first.id, 40)
  expect(writes).toHaveLength(2)
  expect(memory.setpoints(id)).toEqual({})
})

test('sets nothing that is held safe, whoever wants it', async () => {
  const { executor, request, instance, writes } = bench()
  instance.isHeldSafe = true
  expect(await executor.execute(request())).toMatchObject({ state: 'refused', code: 'command.refused' })
  expect(writes).toEqual([])
})

test('believes a process only of its own commands, outputs, and what can be', async () => {
  const { executor, request, written, verified, hear, time, told, memory, id } = bench()
  const wanted = request()
  void executor.execute(wanted)
  verified(wanted.id, 'confirmed', 40)
  const facts = { channel: 'valve', time: time.now(), previous: null, written: 40, clamped: false }
  executor.hear(newId('plg'), { type: 'written', command: wanted.id, ...facts })
  hear({ type: 'made-safe', reason: '', time: 0, applied: [{ channel: 'ghost', value: 1 }], failed: [] })
  expect(told.map(({ state }) => state)).toEqual(['accepted'])
  expect(memory.valueOf(id, 'ghost')).toBeUndefined()
  written(wanted.id, 40)
  expect(told.at(-1)).toMatchObject({ state: 'written' })
})

test('says after a restart what it can, does nothing again, and knows the ids', async () => {
  const memory = new CommandMemory(':memory:')
  const before = bench({ memory })
  const [first, sent, waiting] = [before.request(), before.request(), before.request()]
  void before.executor.execute(first)
  before.written(first.id, 40)
  void before.executor.execute(sent)
  void before.executor.execute(waiting)
  const after = bench({ memory })
  expect(after.told.map(({ id, state, code }) => ({ id, state, code }))).toEqual([
    { id: first.id, state: 'timeout', code: 'command.timeout' },
    { id: sent.id, state: 'failed', code: 'command.failed' },
    { id: waiting.id, state: 'failed', code: 'command.failed' },
  ])
  expect(after.told.map(({ detail }) => detail?.includes('may have been written'))).toEqual([false, true, false])
  expect(await after.executor.execute(sent)).toMatchObject({ state: 'failed' })
  expect(after.writes).toEqual([])
})

test('does no command that it cannot remember', async () => {
  const { executor, request, memory, writes, told } = bench()
  memory.find = () => undefined
  memory.close()
  await expect(executor.execute(request())).rejects.toThrow()
  expect(writes).toEqual([])
  expect(told).toEqual([])
})

test('refuses a request whose expiry names no moment', async () => {
  const { executor, request } = bench()
  await expect(executor.execute(request({ expires_at: 'soon' }))).rejects.toMatchObject({ code: 'request.invalid' })
})
