import { request } from '@webmacs/bus'
import { formatTime, nowMicros, TelemetryOutcome, type Watermark } from '@webmacs/contracts'
import { startTcpProxy, until } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type ApiSite, aProblem, aUser, startApiSite } from '../testing/api-site.ts'
import { aLinkedEvent } from '../testing/linked-events.ts'
import { publishedReadings } from '../testing/published-readings.ts'
import { anEvent, type TestEvent } from '../testing/stored-readings.ts'

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
})
afterAll(() => site[Symbol.asyncDispose]())

const item = ({ id }: TestEvent, value: number) => ({ event_public_id: id, value })
const published = (event: TestEvent) => publishedReadings(site.bus, event.id)
const distinct = async (event: TestEvent): Promise<string[]> => [
  ...new Set((await published(event)).map(({ time, value }) => `${time} ${value}`)),
]

function send(path: string, body: unknown, key: string, api = site.api): Promise<Answer> {
  return api.request('POST', `/api/v1/datapoints${path}`, {
    as: 'operator',
    body,
    headers: { 'idempotency-key': key },
  })
}

test('gives the answer again, and publishes nothing, when a batch is sent again under its key', async () => {
  const [event, unlinked] = [await aLinkedEvent(site.db), await anEvent(site.db)]
  const body = { datapoints: [item(event, 1), item(unlinked, 2), item(event, 3)] }
  const first = await send('/batch', body, 'batch 1')
  const other = await site.startApi()
  const again = await send(
    '/batch',
    { datapoints: body.datapoints.map((one) => ({ ...one, value: `${one.value}` })) },
    'batch 1',
    other,
  )
  expect([again.status, again.body]).toEqual([201, first.body])
  expect(first.headers.get('idempotent-replayed')).toBeNull()
  expect(again.headers.get('idempotent-replayed')).toBe('true')
  expect(await published(event)).toHaveLength(2)
})

test('refuses another body under the same key', async () => {
  const event = await aLinkedEvent(site.db)
  await send('', item(event, 1), 'one')
  for (const [path, body] of [
    ['', item(event, 2)],
    ['/batch', { datapoints: [item(event, 1)] }],
  ] as const) {
    expect((await send(path, body, 'one')).body).toEqual(aProblem('request.key-reused', { status: 422 }))
  }
  expect(await published(event)).toHaveLength(1)
})

test('knows keys by who uses them', async () => {
  const event = await aLinkedEvent(site.db)
  await send('', item(event, 1), 'mine')
  const headers = { 'idempotency-key': 'mine' }
  const theirs = await site.api.request('POST', '/api/v1/datapoints', { as: 'admin', body: item(event, 2), headers })
  expect(theirs.status).toBe(201)
  expect(await published(event)).toHaveLength(2)
})

test.each(['', 'x'.repeat(256), 'caf\u00e9'])('refuses the key "%s"', async (key) => {
  const event = await aLinkedEvent(site.db)
  const { status, body } = await send('', item(event, 1), key)
  expect([status, body.errors[0].field]).toEqual([422, 'header.idempotency-key'])
})

test('publishes the same events and times when an instance died before it had answered', async () => {
  const event = await aLinkedEvent(site.db)
  const body = { datapoints: Array.from({ length: 500 }, (_, n) => item(event, n)) }
  await send('/batch', body, 'crash')
  await site.db.db.updateTable('idempotency_keys').set({ answer: null }).where('key', '=', 'crash').execute()
  const other = await site.startApi()
  const again = await send('/batch', body, 'crash', other)
  expect(again.headers.get('idempotent-replayed')).toBeNull()
  expect(await published(event)).toHaveLength(1000)
  expect(await distinct(event)).toHaveLength(500)
})

test('publishes the same events and times for two requests at once', async () => {
  const event = await aLinkedEvent(site.db)
  const other = await site.startApi()
  const body = { datapoints: [item(event, 1), item(event, 2)] }
  const answers = await Promise.all([site.api, other, site.api, other].map((api) => send('/batch', body, 'race', api)))
  expect(answers.map(({ status, body: { accepted } }) => [status, accepted])).toEqual(answers.map(() => [201, 2]))
  expect(await distinct(event)).toHaveLength(2)
})

test('gives the times of a batch to no other reading', async () => {
  const event = await aLinkedEvent(site.db)
  await send('/batch', { datapoints: Array.from({ length: 100 }, (_, n) => item(event, n)) }, 'reserves')
  for (let n = 0; n < 20; n += 1) await send('', item(event, 1000 + n), `single ${n}`)
  expect(new Set((await published(event)).map(({ time }) => time)).size).toBe(120)
})

test('takes a single datapoint under a key that was refused before, once its event is linked', async () => {
  const event = await aLinkedEvent(site.db, { enabled: false })
  expect((await send('', item(event, 1), 'patient')).status).toBe(409)
  await site.db.db.updateTable('plugin_instances').set({ enabled: true }).execute()
  expect((await send('', item(event, 1), 'patient')).status).toBe(201)
})

test('forgets keys after a day', async () => {
  const event = await aLinkedEvent(site.db)
  await send('', item(event, 1), 'old')
  await send('', item(event, 1), 'young')
  const created_on = formatTime(nowMicros() - 25 * 3_600_000_000)
  await site.db.db.updateTable('idempotency_keys').set({ created_on }).where('key', '=', 'old').execute()
  await site.startApi()
  const keys = async () =>
    (await site.db.db.selectFrom('idempotency_keys').select('key').execute()).map(({ key }) => key)
  await until('the old one is gone', async () => !(await keys()).includes('old'))
  expect(await keys()).toContain('young')
})

test('answers 503 while the broker is away, and takes the same request when it is back', async () => {
  await using proxy = await startTcpProxy(site.bus.url)
  const event = await aLinkedEvent(site.db)
  const alone = await site.startApi({ NATS_URL: proxy.url })
  proxy.refuse()
  const health = async () => (await alone.get('/health', { as: 'nobody' })).body.broker
  await until('the loss is noticed', async () => (await health()) === 'error')
  const asked = performance.now()
  const refused = await send('', item(event, 1), 'broker', alone)
  expect(performance.now() - asked).toBeLessThan(1000)
  expect(refused.body).toEqual(aProblem('broker.unavailable', { status: 503 }))
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  proxy.resume()
  await until('the broker is back', async () => (await send('', item(event, 1), 'broker', alone)).status === 201)
  expect(await distinct(event)).toHaveLength(1)
})

test('answers 503 when the broker does not acknowledge, and gives the same times when it is sent again', async () => {
  await using proxy = await startTcpProxy(site.bus.url)
  const event = await aLinkedEvent(site.db)
  const alone = await site.startApi({ NATS_URL: proxy.url })
  expect((await send('', item(event, 0), 'warm up', alone)).status).toBe(201)
  proxy.hold()
  const refused = await send('', item(event, 1), 'held', alone)
  expect(refused.body).toEqual(aProblem('broker.unavailable', { status: 503 }))
  proxy.resume()
  await until('it is taken', async () => (await send('', item(event, 1), 'held', alone)).status === 201)
  await until('both are published', async () => (await published(event)).some(({ value }) => value === 1))
  expect((await distinct(event)).filter((reading) => reading.endsWith(' 1'))).toHaveLength(1)
}, 30_000)

const ask = (body: object): Promise<TelemetryOutcome> =>
  request(site.bus.bus, site.bus.bus.names.subjects.telemetry, body, TelemetryOutcome, { timeoutMs: 5000 })

test('takes batches from sockets by the same rules', async () => {
  const [event, unlinked] = [await aLinkedEvent(site.db), await anEvent(site.db)]
  const batch = {
    user: site.users.operator.id,
    datapoints: [item(event, 1), item(unlinked, 2), { ...item(event, 3), timestamp: 'noon' }],
    idempotency_key: 'socket',
  }
  const outcome = await ask(batch)
  expect(outcome.accepted).toBe(1)
  expect(outcome.rejected.map(({ index, code }) => `${index} ${code}`)).toEqual(['1 not_linked', '2 bad_time'])
  expect(await ask(batch)).toEqual(outcome)
  expect(await published(event)).toHaveLength(1)
})

test('answers also a batch that names an event by half a character', async () => {
  const event = await aLinkedEvent(site.db)
  const datapoints = [item(event, 1), { event_public_id: 'evt_\ud83d', value: 2 }]
  const batch = { user: site.users.operator.id, datapoints, idempotency_key: 'half' }
  const outcome = await ask(batch)
  expect(outcome).toMatchObject({ accepted: 1, rejected: [{ index: 1, code: 'unknown_event' }] })
  expect(await ask(batch)).toEqual(outcome)
})

test('takes nothing from sockets of people who may not write, or no longer', async () => {
  const event = await aLinkedEvent(site.db)
  const gone = await aUser(site.db, site.key, 'operator')
  const send = (user: string) => ask({ user, datapoints: [item(event, 1)] })
  await site.db.db
    .updateTable('users')
    .set({ deactivated_on: formatTime(nowMicros()) })
    .where('public_id', '=', gone.id)
    .execute()
  await expect(send(gone.id)).rejects.toMatchObject({ code: 'auth.user-gone' })
  await expect(send('usr_000000000000')).rejects.toMatchObject({ code: 'auth.user-gone' })
  await expect(send(site.users.viewer.id)).rejects.toMatchObject({ code: 'auth.forbidden' })
  expect(await published(event)).toEqual([])
})

/** Waits for the commit of one datapoint; `commit` does what the writer does with it. */
async function waitCommitted(commit: (watermark: Watermark) => void): Promise<Answer> {
  const event = await aLinkedEvent(site.db)
  const answer = site.api.request('POST', '/api/v1/datapoints?wait=committed', { as: 'operator', body: item(event, 1) })
  const { source, epoch, seq } = await until('it is published', async () => (await published(event))[0])
  commit({ source, epoch, watermark: 0, ranges: [{ first: seq, last: seq }] })
  return answer
}

test('waits until the writer has committed, where it is asked to', async () => {
  const { nc, names } = site.bus.bus
  const tell = (mark: Watermark) => nc.publish(names.subjects.watermarks(mark.source), JSON.stringify(mark))
  const asked = performance.now()
  expect((await waitCommitted(tell)).body).toMatchObject({ accepted: 1, committed: true })
  expect(performance.now() - asked).toBeLessThan(3000)
  const other = await waitCommitted((mark) => tell({ ...mark, epoch: 'another' }))
  expect([other.status, other.body.committed]).toEqual([201, false])
  const wrong = await site.api.request('POST', '/api/v1/datapoints?wait=long', { as: 'operator', body: {} })
  expect(wrong.status).toBe(422)
}, 20_000)
