import { request } from '@webmacs/bus'
import {
  type Command,
  type CommandReport,
  type CommandRequest,
  formatTime,
  newId,
  nowMicros,
  parseTime,
  ServerTime,
} from '@webmacs/contracts'
import { startTcpProxy, until } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiSite, startApiSite } from '../testing/api-site.ts'
import { aChannel, report as reportInstance } from '../testing/controllers.ts'
import { anOutput, aReport, publishReport, startController, type TestOutput } from '../testing/outputs.ts'
import { endAbandoned } from './record-progress.ts'

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
})
afterAll(() => site[Symbol.asyncDispose]())

const find = async (id: string): Promise<Command | undefined> => {
  const { status, body } = await site.api.get(`/api/v1/commands/${id}`)
  return status === 200 ? body : undefined
}
const untilState = (id: string, state: string): Promise<Command> =>
  until(`${id} is ${state}`, async () => {
    const command = await find(id)
    return command?.state === state ? command : undefined
  })
const settled = async (): Promise<void> => {
  const { bus } = site.bus
  await until('all reports are taken', async () => {
    const info = await bus.jsm.consumers.info(bus.names.streams.commands, bus.names.durables.commandHistory)
    return info.num_pending === 0 && info.num_ack_pending === 0
  })
}

/** What a controller does by itself. */
const ownRequest = (output: TestOutput, overrides: Partial<CommandRequest> = {}): CommandRequest => ({
  id: newId('cmd'),
  instance: output.instance,
  channel: output.channel,
  event: output.event.id,
  value: 0,
  requested_by: { kind: 'valve_cycle', id: null, name: 'Valve cycle' },
  requested_on: formatTime(nowMicros()),
  expires_at: formatTime(nowMicros() + 2_000_000),
  answer_within_ms: 1000,
  ...overrides,
})
const says = async (output: TestOutput, request: CommandRequest, about: Partial<CommandReport> = {}): Promise<void> =>
  publishReport(site.bus, aReport(output.controller, request, about))

test('corrects that a controller did not answer by what it reports later', async () => {
  const output = await anOutput(site.db)
  const never = Promise.withResolvers<object>()
  const controller = await startController(site.bus, output.controller, () => never.promise)
  const body = { event_public_id: output.event.id, value: 5, ttl_ms: 100 }
  const answer = await site.api.request('POST', '/api/v1/commands', { as: 'operator', body })
  expect(answer.body.code).toBe('controller.away')
  const [asked] = controller.done
  if (asked === undefined) throw new Error('it was asked')
  await untilState(asked.id, 'timeout')
  await says(output, asked, { state: 'accepted' })
  expect(await untilState(asked.id, 'accepted')).toMatchObject({ is_final: false, code: null, detail: null })
  await says(output, asked, { state: 'confirmed' })
  expect(await untilState(asked.id, 'confirmed')).toMatchObject({ written_value: 5, is_final: true })
  never.resolve({})
})

test('answers by a report of which the reply was lost', async () => {
  const output = await anOutput(site.db)
  const never = Promise.withResolvers<object>()
  await startController(site.bus, output.controller, async (request) => {
    await says(output, request)
    return never.promise
  })
  const body = { event_public_id: output.event.id, value: 5 }
  const answer = await site.api.request('POST', '/api/v1/commands', { as: 'operator', body })
  expect([answer.status, answer.body.state]).toEqual([201, 'confirmed'])
  never.resolve({})
})

test('never goes back, in whatever order and however often reports come', async () => {
  const output = await anOutput(site.db)
  const request = ownRequest(output)
  const ways = ['accepted', 'written', 'confirmed'] as const
  for (const state of [...ways, ...ways.toReversed()]) await says(output, request, { state })
  await settled()
  expect(await find(request.id)).toMatchObject({ state: 'confirmed', transitions: { length: 4 } })
})

test('makes known what controllers do by themselves, with the names of now', async () => {
  const output = await anOutput(site.db)
  const [byCycle, bySafeState] = [
    ownRequest(output),
    ownRequest(output, { requested_by: { kind: 'safe_state', id: null, name: 'Safe state' }, reason: 'Driver failed' }),
  ]
  await says(output, byCycle)
  await says(output, bySafeState, { state: 'unverified' })
  expect(await untilState(byCycle.id, 'confirmed')).toMatchObject({
    ...{ instance_name: `Reactor ${output.instance}`, channel_name: 'Heater Power', unit: '%' },
    requested_by: { kind: 'valve_cycle', id: null, name: 'Valve cycle' },
  })
  expect(await untilState(bySafeState.id, 'unverified')).toMatchObject({
    requested_by: { kind: 'safe_state', name: 'Safe state' },
    reason: 'Driver failed',
  })
})

test('calls an unmapped channel as its controller does, and what is gone by its ids', async () => {
  const output = await anOutput(site.db)
  const channels = [aChannel({ id: 'valve', name: 'Valve', direction: 'output', unit: 'bool' })]
  await reportInstance(site.bus, output.instance, { channels }, output.controller)
  const unmapped = await until('the channel is known', async () => {
    const request = ownRequest(output, { channel: 'valve', event: null })
    await says(output, request)
    const command = await untilState(request.id, 'confirmed')
    return command.channel_name === 'Valve' ? command : undefined
  })
  expect(unmapped).toMatchObject({ unit: 'bool', event_public_id: null, instance_name: `Reactor ${output.instance}` })
  const gone = ownRequest(output, { instance: newId('plg') })
  await says(output, gone)
  expect(await untilState(gone.id, 'confirmed')).toMatchObject({
    ...{ instance_name: gone.instance, channel_name: 'heater', unit: '' },
  })
})

test('passes over what is no report, or cannot be stored, and goes on', async () => {
  const output = await anOutput(site.db)
  const { bus } = site.bus
  const subject = bus.names.subjects.commandReports(output.controller)
  for (const text of ['nonsense', '{}', '[]']) await bus.js.publish(subject, text)
  await says(output, ownRequest(output), { detail: 'a\u0000b' })
  await says(output, ownRequest(output, { requested_on: 'noon' }))
  const good = ownRequest(output)
  await says(output, good)
  await untilState(good.id, 'confirmed')
  await settled()
  const events = site.api.logged.map(({ event }) => event)
  expect(events).toContain('command-report.invalid')
  expect(events).toContain('command-report.unstorable')
})

test('believes no controller that speaks for another, or of a command of another', async () => {
  const [output, stranger] = [await anOutput(site.db), await anOutput(site.db)]
  const { bus } = site.bus
  const request = ownRequest(output)
  await says(output, request, { state: 'accepted' })
  await untilState(request.id, 'accepted')
  const claim = JSON.stringify(aReport(output.controller, request))
  await bus.js.publish(bus.names.subjects.commandReports(stranger.controller), claim)
  await says(stranger, request)
  await settled()
  expect(await find(request.id)).toMatchObject({ state: 'accepted' })
  await says(output, request)
  await untilState(request.id, 'confirmed')
})

test('tells each end once, though two instances hear of it', async () => {
  const output = await anOutput(site.db)
  await site.startApi()
  const heard: string[] = []
  const { nc, names } = site.bus.bus
  nc.subscribe(names.subjects.changes('command', '*'), {
    callback: (_err, message) =>
      void heard.push(`${message.json<{ id: string }>().id} ${message.subject.split('.').at(-1)}`),
  })
  await nc.flush()
  const requests = Array.from({ length: 20 }, () => ownRequest(output))
  for (const request of requests) {
    for (const state of ['accepted', 'confirmed', 'confirmed'] as const) await says(output, request, { state })
  }
  const expected = requests.map(({ id }) => `${id} confirmed`).sort()
  const told = (): string[] => heard.filter((one) => requests.some(({ id }) => one.startsWith(id))).sort()
  await until('all are told', () => told().length >= expected.length)
  await settled()
  await until('nothing is left to tell', async () => {
    const left = await site.db.db.selectFrom('change_outbox').select('id').execute()
    return left.length === 0
  })
  expect(told()).toEqual(expected)
})

test('stores reports that came while the database was away', async () => {
  await using proxy = await startTcpProxy(site.db.pool.options.connectionString ?? '')
  await using alone = await startApiSite({ DATABASE_URL: proxy.url })
  const { bus } = alone.bus
  await until('it has started', async () => (await alone.api.get('/health', { as: 'nobody' })).body.status === 'ok')
  proxy.refuse()
  const output = await anOutput(site.db)
  const request = ownRequest(output)
  await bus.js.publish(
    bus.names.subjects.commandReports(output.controller),
    JSON.stringify(aReport(output.controller, request)),
  )
  await until('it is tried', () => alone.api.logged.some(({ event }) => event === 'command-report.not-stored'))
  expect(await find(request.id)).toBeUndefined()
  proxy.resume()
  await untilState(request.id, 'confirmed')
})

test('ends what nobody says a word about any more, and still believes a late word', async () => {
  const output = await anOutput(site.db)
  const minutesAgo = (minutes: number): string => formatTime(nowMicros() - minutes * 60_000_000)
  const old = ownRequest(output, { requested_on: minutesAgo(30), expires_at: minutesAgo(29) })
  const young = ownRequest(output, { requested_on: minutesAgo(5), expires_at: minutesAgo(4) })
  for (const request of [old, young]) {
    await says(output, request, { state: 'written' })
    await untilState(request.id, 'written')
  }
  await endAbandoned(site.db.db)
  expect(await find(old.id)).toMatchObject({ state: 'timeout', code: 'controller.away', written_value: 0 })
  expect(await find(young.id)).toMatchObject({ state: 'written' })
  await says(output, old, { state: 'accepted' })
  await settled()
  expect(await find(old.id)).toMatchObject({ state: 'timeout' })
  await says(output, old, { state: 'confirmed' })
  await untilState(old.id, 'confirmed')
})

test('says what time it is', async () => {
  const { bus } = site.bus
  const before = nowMicros()
  const { time } = await request(bus, bus.names.subjects.time, {}, ServerTime, { timeoutMs: 5000 })
  expect(parseTime(time)).toBeGreaterThanOrEqual(before)
  expect(parseTime(time)).toBeLessThanOrEqual(nowMicros())
})
