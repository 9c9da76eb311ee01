import { request } from '@webmacs/bus'
import { type EventId, formatTime, newId, nowMicros, TelemetryOutcome } from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type ApiSite, aProblem, startApiSite } from '../testing/api-site.ts'
import { aLinkedEvent } from '../testing/linked-events.ts'
import { anOutput, startController, type TestOutput } from '../testing/outputs.ts'
import { publishedReadings } from '../testing/published-readings.ts'
import type { TestEvent } from '../testing/stored-readings.ts'

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
})
afterAll(() => site[Symbol.asyncDispose]())

const SECOND = 1_000_000
const item = ({ id }: TestEvent, value: number, time?: number) => ({
  event_public_id: id,
  value,
  ...(time !== undefined && { timestamp: formatTime(time) }),
})
const send = (path: '' | '/batch', body: object, key?: string, api = site.api): Promise<Answer> =>
  api.request('POST', `/api/v1/datapoints${path}`, {
    as: 'operator',
    body,
    ...(key !== undefined && { headers: { 'idempotency-key': key } }),
  })
const published = (event: TestEvent) => publishedReadings(site.bus, event.id)
const latest = async (event: EventId) =>
  (await site.api.get('/api/v1/datapoints/latest')).body.find(
    (point: { event_public_id: string }) => point.event_public_id === event,
  )
/** An output whose event this instance of the service has heard of. */
async function aKnownOutput(): Promise<TestOutput> {
  const output = await anOutput(site.db)
  const { nc, names } = site.bus.bus
  const change = { entity: 'event', verb: 'created', id: output.event.id, time: formatTime(nowMicros()), by: null }
  nc.publish(names.subjects.changes('event', 'created'), JSON.stringify(change))
  await nc.flush()
  return output
}

test('sets an output by a datapoint, answers as ever, shows it at once, and publishes nothing itself', async () => {
  const output = await aKnownOutput()
  const controller = await startController(site.bus, output.controller, () => ({ readback: 41.9 }))
  const { status, body } = await send('', item(output.event, 42))
  expect([status, body]).toEqual([
    201,
    { status: 'success', message: '1 datapoint successfully created.', accepted: 1, rejected: [] },
  ])
  expect(await latest(output.event.id)).toMatchObject({ value: 41.9 })
  expect(controller.done).toEqual([
    expect.objectContaining({ value: 42, requested_by: expect.objectContaining({ id: site.users.operator.id }) }),
  ])
  expect(await published(output.event)).toEqual([])
})

test('says why an output was not set, as for any command', async () => {
  const output = await aKnownOutput()
  await startController(site.bus, output.controller, () => ({
    state: 'refused',
    code: 'command.refused',
    detail: 'Too fast.',
  }))
  const refused = await send('', item(output.event, 42))
  expect(refused.body).toEqual(
    aProblem('command.refused', { status: 409, detail: expect.stringMatching(/^Too fast\. \(cmd_[0-9a-z]{12}\)$/) }),
  )
  const alone = await aKnownOutput()
  expect((await send('', item(alone.event, 42))).body).toEqual(aProblem('controller.away', { status: 504 }))
  expect(await latest(output.event.id)).toBeUndefined()
  expect(await published(output.event)).toEqual([])
})

test('carries out the outputs of a batch, stores the rest, and lists what failed', async () => {
  const [output, refusing, input] = [await anOutput(site.db), await anOutput(site.db), await aLinkedEvent(site.db)]
  const controller = await startController(site.bus, output.controller)
  await startController(site.bus, refusing.controller, () => ({
    state: 'failed',
    code: 'device.away',
    detail: 'No route.',
  }))
  const datapoints = [
    item(input, 1),
    item(refusing.event, 2),
    item(output.event, 3),
    item({ id: newId('evt'), key: 0 }, 4),
    item(output.event, 0),
    item(input, 5),
  ]
  const { status, body } = await send('/batch', { datapoints })
  expect(status).toBe(201)
  expect(body).toEqual({
    ...{ status: 'success', message: '4 datapoints successfully created.', accepted: 4 },
    rejected: [
      {
        ...{ index: 1, event_public_id: refusing.event.id, code: 'command_failed' },
        reason: expect.stringMatching(/^No route\. \(cmd_/),
      },
      expect.objectContaining({ index: 3, code: 'unknown_event' }),
    ],
  })
  expect(controller.done.map(({ value }) => value)).toEqual([3, 0])
  expect((await published(input)).map(({ value }) => value)).toEqual([1, 5])
  expect(await published(output.event)).toEqual([])
})

test('sets many outputs at once, whatever one of them takes', async () => {
  const outputs = await Promise.all(Array.from({ length: 40 }, () => anOutput(site.db)))
  const slow = Promise.withResolvers<object>()
  const [first, ...others] = outputs
  if (first === undefined) throw new Error('there are forty')
  const controllers = await Promise.all(others.map(({ controller }) => startController(site.bus, controller)))
  await startController(site.bus, first.controller, () => slow.promise)
  const sent = send('/batch', { datapoints: outputs.map(({ event }, n) => item(event, n)) })
  await until('the others are set', () => controllers.every(({ done }) => done.length === 1))
  slow.resolve({})
  expect((await sent).body.accepted).toBe(40)
})

test('does not set now what was measured at another moment', async () => {
  const output = await anOutput(site.db)
  const controller = await startController(site.bus, output.controller)
  for (const time of [nowMicros() - 8 * SECOND, nowMicros() + 60 * SECOND]) {
    expect((await send('', item(output.event, 1, time))).body).toEqual(aProblem('datapoint.time', { status: 422 }))
    const { body } = await send('/batch', { datapoints: [item(output.event, 1, time)] })
    expect(body).toMatchObject({ accepted: 0, rejected: [{ index: 0, code: 'bad_time' }] })
  }
  expect(controller.done).toEqual([])
  expect((await send('', item(output.event, 1, nowMicros()))).status).toBe(201)
})

test('sets nothing twice under a key, whichever instance is asked, also when an instance died before it had answered', async () => {
  const output = await anOutput(site.db)
  const other = await site.startApi()
  const controller = await startController(site.bus, output.controller)
  const body = { datapoints: [item(output.event, 1), item(output.event, 2)] }
  const answers = await Promise.all([site.api, other, site.api, other].map((api) => send('/batch', body, 'race', api)))
  expect(answers.map(({ status, body: { accepted } }) => [status, accepted])).toEqual(answers.map(() => [201, 2]))
  await site.db.db.updateTable('idempotency_keys').set({ answer: null }).where('key', '=', 'race').execute()
  expect((await send('/batch', body, 'race', other)).body.accepted).toBe(2)
  expect(controller.done.map(({ value }) => value).sort()).toEqual([1, 2])
  const single = await Promise.all([1, 2, 3].map(() => send('', item(output.event, 3), 'single')))
  expect(single.map(({ status }) => status)).toEqual([201, 201, 201])
  expect(controller.done).toHaveLength(3)
})

test('sets nothing late: not under a key that was first used a while ago, nor from a socket that held it', async () => {
  const output = await anOutput(site.db)
  const controller = await startController(site.bus, output.controller)
  const unlinked = await site.db.db
    .updateTable('plugin_instances')
    .set({ enabled: false })
    .where('public_id', '=', output.instance)
    .returning('id')
    .executeTakeFirstOrThrow()
  expect((await send('', item(output.event, 1), 'patient')).status).toBe(409)
  await site.db.db.updateTable('plugin_instances').set({ enabled: true }).where('id', '=', unlinked.id).execute()
  const stamp = nowMicros() - 10 * SECOND
  await site.db.db.updateTable('idempotency_keys').set({ stamp }).where('key', '=', 'patient').execute()
  expect((await send('', item(output.event, 1), 'patient')).body).toEqual(aProblem('command.expired', { status: 504 }))

  const user = site.users.operator.id
  const ask = (received: number) =>
    request(
      site.bus.bus,
      site.bus.bus.names.subjects.telemetry,
      { user, datapoints: [item(output.event, 2)], received_on: formatTime(received) },
      TelemetryOutcome,
      { timeoutMs: 5000 },
    )
  expect(await ask(nowMicros() - 10 * SECOND)).toMatchObject({ accepted: 0, rejected: [{ code: 'command_failed' }] })
  expect(controller.done).toEqual([])
  expect(await ask(nowMicros())).toEqual({ accepted: 1, rejected: [] })
})

test('stores values for outputs that somebody else drives, and says by them whether it lives', async () => {
  const [external, quiet] = [
    await anOutput(site.db, { drivenBy: 'external' }),
    await anOutput(site.db, { drivenBy: 'external' }),
  ]
  const statusOf = async ({ instance }: TestOutput) => (await site.api.get(`/api/v1/plugins/${instance}`)).body.status
  expect(await statusOf(external)).toBe('inactive')
  const old = nowMicros() - 120 * SECOND
  const { body } = await send('/batch', { datapoints: [item(external.event, 1), item(quiet.event, 2, old)] })
  expect(body.accepted).toBe(2)
  expect((await published(external.event)).map(({ value }) => value)).toEqual([1])
  expect(await statusOf(external)).toBe('connected')
  expect(await statusOf(quiet)).toBe('inactive')
  const listed = (await site.api.get('/api/v1/plugins?page_size=100')).body.data
  expect(listed.find((one: { public_id: string }) => one.public_id === external.instance)).toMatchObject({
    ...{ status: 'connected', driven_by: 'external' },
  })
})

test('a controller of WebMACS 2 drives an external instance as ever', async () => {
  const external = await anOutput(site.db, { drivenBy: 'external' })
  const { email } = site.users.operator
  const login = await site.api.request('POST', '/api/v1/auth/login', {
    as: 'nobody',
    body: { email, password: 'correct horse battery' },
  })
  const token: string = login.body.access_token
  const instances = (await site.api.get('/api/v1/plugins?page=1&page_size=100', { token })).body.data
  const mine = instances.find((one: { public_id: string }) => one.public_id === external.instance)
  const [channel] = (await site.api.get(`/api/v1/plugins/${mine.public_id}/channels`, { token })).body
  expect(channel).toMatchObject({ channel_id: 'heater', direction: 'output', event_public_id: external.event.id })
  expect((await site.api.get('/api/v1/datapoints/latest', { token })).status).toBe(200)
  const body = { datapoints: [{ value: 3, event_public_id: channel.event_public_id }] }
  const batch = await site.api.request('POST', '/api/v1/datapoints/batch', { token, body })
  expect(batch.body.message).toMatch(/^1 /)
  const single = await site.api.request('POST', '/api/v1/datapoints', { token, body: body.datapoints[0] })
  expect(single.status).toBe(201)
  expect(await published(external.event)).toHaveLength(2)
})

test('takes no more statements for a setpoint than for a command and the look at its event', async () => {
  const output = await anOutput(site.db)
  await startController(site.bus, output.controller)
  const statements = async (): Promise<number> => {
    const metrics = await (await fetch(`${site.api.opsUrl}/metrics`)).text()
    return Number(/^webmacs_database_statements_total\{.*\} (\d+)$/m.exec(metrics)?.[1])
  }
  const taken: number[] = []
  for (let turn = 0; turn < 8; turn++) {
    const before = await statements()
    expect((await send('', item(output.event, turn))).status).toBe(201)
    taken.push((await statements()) - before)
  }
  expect(Math.min(...taken)).toBe(4)
})
