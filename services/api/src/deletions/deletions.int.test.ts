import { datapointId, type EventId, formatTime, HistorianJob, type Micros, newId, nowMicros } from '@webmacs/contracts'
import { createValidator } from '@webmacs/contracts/validation'
import { aFrame, until, valuesOf } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiSite, aProblem, startApiSite, type TestApi } from '../testing/api-site.ts'
import { startIngestProcess } from '../testing/ingest-process.ts'
import { anEvent, storeReadings, type TestEvent } from '../testing/stored-readings.ts'

let site: ApiSite
let ingest: AsyncDisposable
beforeAll(async () => {
  site = await startApiSite()
  ingest = await startIngestProcess(site)
})
afterAll(async () => {
  await ingest[Symbol.asyncDispose]()
  await site[Symbol.asyncDispose]()
})

const SECOND: Micros = 1_000_000
const PATH = '/api/v1/datapoints/deletions'
const validate = createValidator(HistorianJob, 'job')

const ask = (body: object, api: TestApi = site.api) => api.request('POST', PATH, { body })
const latestOf = async (event: TestEvent, api: TestApi = site.api): Promise<number | undefined> =>
  (await api.get('/api/v1/datapoints/latest')).body.find(
    (point: { event_public_id: string }) => point.event_public_id === event.id,
  )?.value
const pointsOf = async (event: TestEvent): Promise<number[]> => {
  const body = { event_public_ids: [event.id], minutes: 600 }
  const answer = await site.api.request('POST', '/api/v1/datapoints/series', { body })
  return answer.body[event.id].map(({ value }: { value: number }) => value)
}
const audited = (id: string) => site.db.db.selectFrom('audit_log').selectAll().where('entity_id', '=', id).execute()

/** An event with a reading a second from two hours ago on: 0, 1, 2 … */
async function anEventWith(count: number): Promise<{ event: TestEvent; start: Micros }> {
  const event = await anEvent(site.db)
  const start = Math.floor(nowMicros() / (60 * SECOND)) * 60 * SECOND - 7200 * SECOND
  const readings = Array.from({ length: count }, (_, n) => ({ time: start + n * SECOND, value: n }))
  await storeReadings(site.db, event, readings)
  return { event, start }
}

async function anExperiment(from: Micros, to: Micros | null): Promise<string> {
  const id = newId('exp')
  const stopped_on = to === null ? null : formatTime(to)
  await site.db.db
    .insertInto('experiments')
    .values({ public_id: id, name: id, started_on: formatTime(from), stopped_on })
    .execute()
  return id
}

test("deletes an experiment's data: counted first, gone everywhere at once, written down", async () => {
  const { event, start } = await anEventWith(200)
  const experiment = await anExperiment(start + 50 * SECOND, start + 200 * SECOND)
  const [api, other] = [await site.startApi(), await site.startApi()]
  expect(await latestOf(event, api)).toBe(199)
  expect(await latestOf(event, other)).toBe(199)

  const asked = { experiment_public_id: experiment, event_public_ids: [event.id] }
  const counted = await ask({ ...asked, dry_run: true })
  expect(counted).toMatchObject({ status: 200, body: { public_id: null, state: 'counted', expected: 150, done: 0 } })
  expect(await pointsOf(event)).toHaveLength(200)

  const { status, body } = await ask(asked, api)
  expect(status).toBe(201)
  expect(validate(body).ok).toBe(true)
  expect(body).toMatchObject({
    ...{ kind: 'delete', state: 'done', expected: 150, done: 150, error: null },
    ...{ experiment_public_id: experiment, event_public_ids: [event.id], user_public_id: site.users.admin.id },
    ...{ from: formatTime(start + 50 * SECOND), to: formatTime(start + 200 * SECOND) },
  })
  expect(await latestOf(event, api)).toBe(49)
  expect(await pointsOf(event)).toEqual(Array.from({ length: 50 }, (_, n) => n))
  expect((await ask({ ...asked, dry_run: true })).body.expected).toBe(0)
  const gone = datapointId({ event: event.id, time: start + 100 * SECOND })
  expect((await site.api.get(`/api/v1/datapoints/${gone}`)).status).toBe(404)
  await until('the other instance shows it', async () => (await latestOf(event, other)) === 49)
  expect((await site.api.get(`/api/v1/experiments/${experiment}`)).status).toBe(200)

  const before = expect.objectContaining({
    expected: 150,
    experiment_public_id: experiment,
    event_public_ids: [event.id],
  })
  expect(await audited(body.public_id)).toEqual([
    expect.objectContaining({ entity: 'datapoints', action: 'deleted', before, after: null }),
  ])
  expect((await site.api.get(`${PATH}/${body.public_id}`)).body).toEqual(body)
  expect((await site.api.get(PATH)).body.data[0]).toEqual(body)
})

test('takes a running experiment as far as it has come', async () => {
  const { event, start } = await anEventWith(20)
  const experiment = await anExperiment(start + 10 * SECOND, null)
  const time = nowMicros() + 30 * SECOND
  await storeReadings(site.db, event, [{ time, value: 7 }])
  const { body } = await ask({ experiment_public_id: experiment, event_public_ids: [event.id] })
  expect(body).toMatchObject({ state: 'done', done: 10 })
  expect(Date.parse(body.to)).toBeLessThan(time / 1000)
  expect((await pointsOf(event)).at(-1)).toBe(7)
  await site.db.db
    .deleteFrom('experiments')
    .where('public_id', '=', experiment as never)
    .execute()
})

test('deletes a range of all events, also of retired ones', async () => {
  const { event, start } = await anEventWith(10)
  const retired = await anEvent(site.db)
  await storeReadings(site.db, retired, [{ time: start + 1, value: 1 }])
  await site.db.db
    .updateTable('events')
    .set({ retired_on: formatTime(nowMicros()) })
    .where('id', '=', retired.key)
    .execute()
  const range = { from: formatTime(start), to: formatTime(start + 5 * SECOND) }
  const { expected } = (await ask({ ...range, dry_run: true })).body
  const { body } = await ask(range)
  expect(body).toMatchObject({ event_public_ids: null, expected, done: expected })
  expect(expected).toBeGreaterThanOrEqual(6)
  expect(await pointsOf(event)).toEqual([5, 6, 7, 8, 9])
})

test('shows no value that was deleted, though it came over the bus', async () => {
  const created = { name: 'on the bus', min_value: 0, max_value: 9, unit: 'x', type: 'sensor' }
  const made = await site.api.request('POST', '/api/v1/events', { body: created })
  const event = { id: made.body.public_id as EventId, key: 0 }
  const time = nowMicros()
  const { bus } = site.bus
  const source = 'lab-1'
  await bus.js.publish(
    bus.names.subjects.readings(source),
    JSON.stringify(aFrame({ source, time: formatTime(time), values: valuesOf([[event.id, 5]]) })),
  )
  const range = { event_public_ids: [event.id], from: formatTime(time), to: formatTime(time + 1) }
  await until('it is stored', async () => (await ask({ ...range, dry_run: true })).body.expected === 1)
  expect(await latestOf(event)).toBe(5)
  expect((await ask(range)).body).toMatchObject({ state: 'done', done: 1 })
  expect(await latestOf(event)).toBeUndefined()
})

test('counts years by their days and the ends to the microsecond', async () => {
  const event = await anEvent(site.db)
  const day = 86_400 * SECOND
  const start = Math.floor(nowMicros() / day) * day - 20 * day
  const times = Array.from({ length: 480 }, (_, n) => start + n * 3600 * SECOND + 7)
  await storeReadings(site.db, event, [
    ...times.map((time, value) => ({ time, value })),
    { time: start + 8, value: null, quality: 2 },
  ])
  // The hours were closed before; written past the writer they are not known to be wrong.
  const repair = { event_public_ids: [event.id], from: formatTime(start), to: formatTime(start + 20 * day) }
  const repaired = await site.api.request('POST', '/api/v1/historian/repairs', { body: repair })
  expect(repaired.body).toMatchObject({ state: 'done', done: 480 })
  const expectedIn = async (from: Micros, to: Micros): Promise<number> => {
    const range = { event_public_ids: [event.id], from: formatTime(from), to: formatTime(to) }
    return (await ask({ ...range, dry_run: true })).body.expected
  }
  expect(await expectedIn(start, start + 20 * day)).toBe(480)
  expect(await expectedIn(start + 8, start + 19 * day + 7)).toBe(19 * 24 - 1)
  expect(await expectedIn(start + 7, start + 19 * day + 8)).toBe(19 * 24 + 1)
  expect(await expectedIn(start - 4000 * day, start + 7)).toBe(0)
})

test('repairs rollups that were damaged from outside', async () => {
  const { event, start } = await anEventWith(120)
  await site.db.pool.query('DELETE FROM datapoint_rollups WHERE event_id = $1 AND resolution = 60', [event.key])
  const body = { event_public_ids: [event.id], from: formatTime(start), to: formatTime(start + 120 * SECOND) }
  const repaired = await site.api.request('POST', '/api/v1/historian/repairs', { body })
  expect(repaired).toMatchObject({ status: 201, body: { kind: 'repair', state: 'done', done: 2, expected: null } })
  expect((await site.api.get(`/api/v1/historian/repairs/${repaired.body.public_id}`)).body).toEqual(repaired.body)
  expect(await audited(repaired.body.public_id)).toMatchObject([{ entity: 'datapoints', action: 'repaired' }])
  expect((await ask({ ...body, dry_run: true })).body.expected).toBe(120)
  expect((await site.api.get(`${PATH}/${repaired.body.public_id}`)).body).toEqual(aProblem('historian.job-unknown'))
})

test('answers 202 while nobody carries it out, and shows later that it is done', { timeout: 60_000 }, async () => {
  await using lonely = await startApiSite()
  const event = await anEvent(lonely.db)
  const time = nowMicros() - 60 * SECOND
  await storeReadings(lonely.db, event, [{ time, value: 1 }])
  const { status, body } = await ask({ from: formatTime(time), to: formatTime(time + 1) }, lonely.api)
  expect(status).toBe(202)
  expect(body).toMatchObject({ state: 'waiting', expected: 1, done: 0, ended_on: null })
  await using _ingest = await startIngestProcess(lonely)
  await until('it is done', async () => (await lonely.api.get(`${PATH}/${body.public_id}`)).body.state === 'done', {
    timeoutMs: 20_000,
  })
})

test.each(['viewer', 'operator'] as const)('lets no %s delete or repair', async (as) => {
  const range = { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' }
  for (const [method, path] of [
    ['POST', PATH],
    ['GET', PATH],
    ['GET', `${PATH}/job_7k2m9q4tx3ab`],
    ['POST', '/api/v1/historian/repairs'],
    ['GET', '/api/v1/historian/repairs/job_7k2m9q4tx3ab'],
  ] as const) {
    const answer = await site.api.request(method, path, { as, ...(method === 'POST' && { body: range }) })
    expect(answer.body).toEqual(aProblem('auth.forbidden', { status: 403 }))
  }
})

test('says what is wrong with what was asked', async () => {
  const [from, to] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z']
  const problems: [object, string, string?][] = [
    [{}, 'request.invalid', 'body.experiment_public_id'],
    [{ from }, 'request.invalid', 'body.to'],
    [{ to }, 'request.invalid', 'body.from'],
    [{ from: 'yesterday', to }, 'request.invalid', 'body.from'],
    [{ experiment_public_id: 'exp_000000000000', from, to }, 'request.invalid', 'body.from'],
    [{ from: to, to: from }, 'datapoint.range'],
    [{ from, to: from }, 'datapoint.range'],
    [{ from, to, event_public_ids: ['evt_000000000000'] }, 'event.unknown'],
    [{ from, to, event_public_ids: [] }, 'request.invalid', 'body.event_public_ids'],
    [{ from, to, dryrun: true }, 'request.invalid', 'body.dryrun'],
    [{ experiment_public_id: 'exp_000000000000' }, 'experiment.unknown'],
  ]
  for (const [body, code, field] of problems) {
    const answer = await ask(body)
    expect({ body, code: answer.body.code }).toEqual({ body, code })
    if (field !== undefined) expect(answer.body.errors[0].field).toBe(field)
  }
  expect((await site.api.get(`${PATH}/nonsense`)).body).toEqual(aProblem('historian.job-unknown', { status: 404 }))
  const repair = await site.api.request('POST', '/api/v1/historian/repairs', { body: { from: to, to: from } })
  expect(repair.body).toEqual(aProblem('datapoint.range', { status: 422 }))
})
