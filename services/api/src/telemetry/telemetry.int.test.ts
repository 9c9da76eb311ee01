import { type EventId, formatTime, newId, nowMicros } from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type ApiSite, aProblem, type Call, startApiSite } from '../testing/api-site.ts'
import { aLinkedEvent } from '../testing/linked-events.ts'
import { anOutput, startController } from '../testing/outputs.ts'
import { publishedReadings } from '../testing/published-readings.ts'
import { anEvent, type TestEvent } from '../testing/stored-readings.ts'
import { STAMP_STEP } from './stamp-clock.ts'

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite({ RETENTION_DAYS: '30' })
})
afterAll(() => site[Symbol.asyncDispose]())

const HOUR = 3_600_000_000
const DAY = 24 * HOUR

const post = (body: unknown, call: Call = {}, api = site.api): Promise<Answer> =>
  api.request('POST', '/api/v1/datapoints', { as: 'operator', body, ...call })
const postBatch = (datapoints: unknown, call: Call = {}, api = site.api): Promise<Answer> =>
  api.request('POST', '/api/v1/datapoints/batch', { as: 'operator', body: { datapoints }, ...call })
const item = ({ id }: TestEvent, value: unknown, timestamp?: string | null) => ({
  event_public_id: id,
  value,
  ...(timestamp !== undefined && { timestamp }),
})
const published = (event: TestEvent) => publishedReadings(site.bus, event.id)
const latest = async (event: EventId, api = site.api) =>
  (await api.get('/api/v1/datapoints/latest')).body.find(
    (point: { event_public_id: string }) => point.event_public_id === event,
  )

test('stores one datapoint at the time of the server, and shows it at once', async () => {
  const event = await aLinkedEvent(site.db)
  const created = { entity: 'event', verb: 'created', id: event.id, time: formatTime(nowMicros()), by: null }
  site.bus.bus.nc.publish(site.bus.bus.names.subjects.changes('event', 'created'), JSON.stringify(created))
  const before = nowMicros()
  const { status, body } = await post(item(event, 23.5))
  expect(status).toBe(201)
  expect(body).toEqual({ status: 'success', message: '1 datapoint successfully created.', accepted: 1, rejected: [] })
  const [reading, ...more] = await published(event)
  expect(more).toEqual([])
  expect(reading).toMatchObject({ kind: 'readings', value: 23.5, source: expect.stringMatching(/^api-\d+$/) })
  expect(reading?.time).toBeGreaterThanOrEqual(before)
  expect(await latest(event.id)).toMatchObject({ value: 23.5, timestamp: formatTime(reading?.time ?? 0) })
})

test('says why one datapoint is not taken', async () => {
  const event = await aLinkedEvent(site.db)
  const unlinked = await anEvent(site.db)
  const disabled = await aLinkedEvent(site.db, { enabled: false })
  const notLinked = { status: 409, detail: 'Event is not linked to an enabled plugin instance.' }
  expect((await post({ event_public_id: newId('evt'), value: 1 })).body).toEqual(
    aProblem('event.unknown', { status: 404, detail: 'Event not found.' }),
  )
  expect((await post(item(unlinked, 1))).body).toEqual(aProblem('event.not-linked', notLinked))
  expect((await post(item(disabled, 1))).body).toEqual(aProblem('event.not-linked', notLinked))
  for (const time of [nowMicros() - 31 * DAY, nowMicros() + DAY + HOUR]) {
    const answer = await post(item(event, 1, formatTime(time)))
    expect(answer.body).toEqual(aProblem('datapoint.time', { status: 422 }))
  }
  const noMoment = await post(item(event, 1, 'noon'))
  expect(noMoment.body).toMatchObject({ code: 'request.invalid', errors: [{ field: 'body.timestamp', value: 'noon' }] })
  expect(await published(event)).toEqual([])
})

test('takes datapoints only as old as they are kept, and none where retention removed them', async () => {
  const event = await aLinkedEvent(site.db)
  const statusOf = async (days: number) => (await post(item(event, days, formatTime(nowMicros() - days * DAY)))).status
  expect(await statusOf(20)).toBe(201)
  await site.db.updateTable('retention').set({ raw_days: 10 }).execute()
  expect([await statusOf(20), await statusOf(9)]).toEqual([422, 201])
  await site.db.updateTable('retention').set({ raw_days: null }).execute()
  await site.db
    .updateTable('historian_state')
    .set({ raw_from: formatTime(nowMicros() - 15 * DAY) })
    .execute()
  expect([await statusOf(20), await statusOf(14)]).toEqual([422, 201])
  await site.db
    .updateTable('historian_state')
    .set({ raw_from: formatTime(0) })
    .execute()
})

test('takes what it can of a batch, and lists the rest', async () => {
  const [event, retired] = [await aLinkedEvent(site.db), await aLinkedEvent(site.db)]
  const [disabled, unlinked] = [await aLinkedEvent(site.db, { enabled: false }), await anEvent(site.db)]
  await site.db.db
    .updateTable('events')
    .set({ retired_on: formatTime(nowMicros()) })
    .where('id', '=', retired.key)
    .execute()
  const time = formatTime(nowMicros() - HOUR)
  const { status, body } = await postBatch([
    item(event, 1),
    { event_public_id: 'nothing', value: 2 },
    item(disabled, 3),
    item(unlinked, 4),
    item(retired, 5),
    item(event, 6, time),
    item(event, 7, time),
    item(event, 8, formatTime(nowMicros() - 31 * DAY)),
    item(event, 9, null),
  ])
  expect(status).toBe(201)
  expect(body).toMatchObject({ status: 'success', message: '3 datapoints successfully created.', accepted: 3 })
  expect(body.rejected.map(({ index, code }: { index: number; code: string }) => `${index} ${code}`)).toEqual([
    '1 unknown_event',
    '2 not_linked',
    '3 not_linked',
    '4 unknown_event',
    '6 duplicate_time',
    '7 bad_time',
  ])
  expect(body.rejected[0]).toEqual({
    index: 1,
    event_public_id: 'nothing',
    code: 'unknown_event',
    reason: 'Event not found.',
  })
  expect((await published(event)).map(({ kind, value }) => `${kind} ${value}`).toSorted()).toEqual([
    'backlog 6',
    'readings 1',
    'readings 9',
  ])
})

test('answers 201 also when nothing is taken', async () => {
  expect((await postBatch([])).body).toMatchObject({ message: '0 datapoints successfully created.', accepted: 0 })
  const unlinked = await anEvent(site.db)
  const { status, body } = await postBatch([item(unlinked, 1), item(unlinked, 2)])
  expect([status, body.message]).toEqual([201, '0 datapoints successfully created.'])
  expect(body.rejected).toHaveLength(2)
})

test('keeps several values of one event in the order of the batch, each at a time of its own', async () => {
  const event = await aLinkedEvent(site.db)
  await postBatch([item(event, 3), item(event, 1), item(event, 2)])
  const readings = await published(event)
  expect(readings.map(({ value }) => value)).toEqual([3, 1, 2])
  const [first] = readings
  expect(readings.map(({ time }) => time - (first?.time ?? 0))).toEqual([0, STAMP_STEP, 2 * STAMP_STEP])
  expect(readings.map(({ seq }) => seq - (first?.seq ?? 0))).toEqual([0, 1, 2])
})

test('numbers frames without gaps, also when requests come at once', async () => {
  const events = await Promise.all(Array.from({ length: 4 }, () => aLinkedEvent(site.db)))
  await Promise.all(events.flatMap((event) => [1, 2, 3].map((value) => post(item(event, value)))))
  const seqs = (await Promise.all(events.map(published))).flat().map(({ seq }) => seq)
  const sorted = seqs.toSorted((a, b) => a - b)
  expect(sorted).toEqual(sorted.map((_, n) => (sorted[0] ?? 0) + n))
})

test('gives values that come to two instances at once times of their own', async () => {
  const event = await aLinkedEvent(site.db)
  const other = await site.startApi()
  const values = Array.from({ length: 40 }, (_, n) => n)
  const answers = await Promise.all(
    values.map((n) => postBatch([item(event, n), item(event, n + 0.5)], {}, n % 2 === 0 ? site.api : other)),
  )
  expect(answers.map(({ status }) => status)).toEqual(values.map(() => 201))
  const readings = await published(event)
  expect(readings).toHaveLength(80)
  expect(new Set(readings.map(({ time }) => time)).size).toBe(80)
  expect(new Set(readings.map(({ source }) => source)).size).toBe(2)
  for (const [, own] of Map.groupBy(readings, ({ source }) => source)) {
    expect(new Set(own.map(({ time }) => time % STAMP_STEP)).size).toBe(1)
    expect(own.map(({ time }) => time)).toEqual(own.map(({ time }) => time).toSorted((a, b) => a - b))
  }
})

test('takes what older clients send for a number, and nothing that is none', async () => {
  const event = await aLinkedEvent(site.db)
  await postBatch([item(event, '2.5'), item(event, true), item(event, 7)])
  expect((await published(event)).map(({ value }) => value)).toEqual([2.5, 1, 7])
  for (const value of ['nan', 'Infinity', '', null, [1], {}, 'warm']) {
    const answer = await post(item(event, value))
    expect(answer.body, String(value)).toMatchObject({ code: 'request.invalid', errors: [{ field: 'body.value' }] })
  }
  for (const value of ['NaN', 'Infinity', '1e400']) {
    const body = `{"value":${value},"event_public_id":"${event.id}"}`
    expect((await post(undefined, { body })).status, value).toBe(422)
  }
  expect(await published(event)).toHaveLength(3)
})

test('refuses a batch as a whole when it is too long or one item is malformed', async () => {
  const event = await aLinkedEvent(site.db)
  const tooLong = await postBatch(Array.from({ length: 501 }, () => item(event, 1)))
  expect(tooLong.body).toMatchObject({ code: 'request.invalid', errors: [{ field: 'body.datapoints' }] })
  for (const [broken, field] of [
    [{ event_public_id: event.id }, 'body.datapoints.1.value'],
    [{ value: 1 }, 'body.datapoints.1.event_public_id'],
    [item(event, 1, 'noon'), 'body.datapoints.1.timestamp'],
  ] as const) {
    const { status, body } = await postBatch([item(event, 1), broken])
    expect([status, body.errors[0].field]).toEqual([422, field])
  }
  expect(await published(event)).toEqual([])
})

test('takes the largest batch, of one event alone too', async () => {
  const event = await aLinkedEvent(site.db)
  const { body } = await postBatch(Array.from({ length: 500 }, (_, n) => item(event, n)))
  expect(body.accepted).toBe(500)
  expect((await published(event)).map(({ value }) => value)).toEqual(Array.from({ length: 500 }, (_, n) => n))
})

test('lets nobody below operator write', async () => {
  const event = await aLinkedEvent(site.db)
  expect((await post(item(event, 1), { as: 'viewer' })).status).toBe(403)
  expect((await postBatch([item(event, 1)], { as: 'nobody' })).status).toBe(401)
  expect(await published(event)).toEqual([])
})

test('counts what was handed in', async () => {
  const event = await aLinkedEvent(site.db)
  await postBatch([item(event, 1), { event_public_id: 'nothing', value: 2 }])
  const metrics = await (await fetch(`${site.api.opsUrl}/metrics`)).text()
  expect(metrics).toMatch(/webmacs_api_datapoints_total\{outcome="accepted".*\} [1-9]/)
  expect(metrics).toMatch(/webmacs_api_datapoints_total\{outcome="unknown_event".*\} [1-9]/)
})

test('refuses with 503 while the writer is too far behind, and takes again when it has caught up', async () => {
  await using behind = await startApiSite()
  const event = await aLinkedEvent(behind.db)
  const { jsm, js, names } = behind.bus.bus
  await jsm.streams.update(names.streams.readings, { max_bytes: 100_000 })
  const filler = 'x'.repeat(10_000)
  for (let n = 0; n < 9; n += 1) await js.publish(names.subjects.readings('lab-1'), filler)
  const refused = await until(
    'it refuses',
    async () => {
      const answer = await post(item(event, 1), {}, behind.api)
      return answer.status === 503 ? answer : undefined
    },
    { timeoutMs: 15_000 },
  )
  expect(refused.body).toEqual(aProblem('historian.behind', { status: 503 }))
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  // Switching something off does not wait for a historian.
  const output = await anOutput(behind.db)
  await startController(behind.bus, output.controller)
  expect((await post(item(output.event, 0), {}, behind.api)).status).toBe(201)
  await jsm.streams.purge(names.streams.readings)
  const isTaken = async () => (await post(item(event, 2), {}, behind.api)).status === 201
  await until('it takes again', isTaken, { timeoutMs: 15_000 })
}, 40_000)
