import { request } from '@webmacs/bus'
import {
  DeletedDatapoints,
  type EventId,
  formatTime,
  type HistorianJobId,
  type Micros,
  nowMicros,
} from '@webmacs/contracts'
import { ROLLUP_LEVELS } from '@webmacs/database'
import { aFrame, until, valuesOf } from '@webmacs/testing'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Site, startSite } from '../ingest-site.fixture.ts'
import { DAY, HOUR, isHealed, wrongAnywhere, wrongRead } from '../maintenance/rollups.fixture.ts'
import { endedJob, makeJob } from './jobs.fixture.ts'

let site: Site
beforeAll(async () => {
  site = await startSite()
  await site.startWriter()
})
afterAll(() => site[Symbol.asyncDispose]())

const SECOND: Micros = 1_000_000
const MINUTE: Micros = 60 * SECOND
/** The start of an hour that lies in the past as a whole. */
const anHour = (): Micros => (Math.floor(nowMicros() / HOUR) - 3) * HOUR

const frameAt = (time: Micros, readings: readonly (readonly [EventId, number | null])[]) =>
  aFrame({
    time: formatTime(time),
    values: valuesOf(readings),
    quality: Object.fromEntries(readings.filter(([, value]) => value === null).map(([event]) => [event, ['bad']])),
  })
const timesOf = async (event: EventId): Promise<Micros[]> => (await site.rowsOf(event)).map(({ time }) => time)
const keysOf = async (...events: EventId[]): Promise<number[]> => {
  const rows = await site.db.selectFrom('events').select('id').where('public_id', 'in', events).orderBy('id').execute()
  return rows.map(({ id }) => id)
}

test('deletes a range of some events to the microsecond, and leaves rollups of the rest', async () => {
  const [event, other] = (await site.addEvents(2)) as [EventId, EventId]
  const start = anHour()
  const times = Array.from({ length: 300 }, (_, n) => start + n * SECOND)
  await site.publish(
    times.map((time, n) =>
      frameAt(time, [
        [event, n],
        [other, -n],
      ]),
    ),
  )
  await site.untilAcked()
  const [from, to] = [start + 30 * SECOND, start + 200 * SECOND]
  const job = await makeJob(site, { kind: 'delete', events: await keysOf(event), from, to: to + 1 })
  expect(await endedJob(site.db, job)).toMatchObject({ state: 'done', done: 171 })
  expect(await timesOf(event)).toEqual(times.filter((time) => time < from || time > to))
  expect(await timesOf(other)).toEqual(times)
  expect(await site.wrongRollups()).toEqual([])
})

test('deletes bad readings too, without counting them', async () => {
  const [event] = (await site.addEvents(1)) as [EventId]
  const start = anHour()
  await site.publish([0, 1, 2, 3].map((n) => frameAt(start + n * SECOND, [[event, n < 2 ? null : n]])))
  await site.untilAcked()
  const job = await makeJob(site, { kind: 'delete', events: await keysOf(event), from: start, to: start + HOUR })
  expect(await endedJob(site.db, job)).toMatchObject({ state: 'done', done: 2 })
  expect(await timesOf(event)).toEqual([])
})

test('deletes what all events have in a range, and tells the api so', async () => {
  const [one, other] = (await site.addEvents(2)) as [EventId, EventId]
  const start = anHour() - 24 * HOUR
  await site.publish(
    [0, 1].map((n) =>
      frameAt(start + n, [
        [one, n],
        [other, n],
      ]),
    ),
  )
  await site.untilAcked()
  const job = await makeJob(site, { kind: 'delete', events: null, from: start, to: start + 1 })
  expect(await endedJob(site.db, job)).toMatchObject({ state: 'done', done: 2 })
  expect([await timesOf(one), await timesOf(other)]).toEqual([[start + 1], [start + 1]])
  const told = await site.db.selectFrom('change_outbox').selectAll().where('entity_id', '=', job).execute()
  expect(told).toMatchObject([{ entity: 'datapoints', verb: 'deleted', user_public_id: null }])
})

test('does not bring back what was deleted when its frames come again, but stores what comes late', async () => {
  const [event] = (await site.addEvents(1)) as [EventId]
  const start = anHour()
  const frames = Array.from({ length: 50 }, (_, n) => frameAt(start + n * SECOND, [[event, n]]))
  await site.publish(frames)
  await site.untilAcked()
  const range = { events: await keysOf(event), from: start, to: start + HOUR }
  expect(await endedJob(site.db, await makeJob(site, { kind: 'delete', ...range }))).toMatchObject({ done: 50 })
  await site.publish(frames)
  const late = start + 7 * SECOND + 1
  await site.publish([...frames, frameAt(late, [[event, 7]])])
  await site.untilAcked()
  expect(await timesOf(event)).toEqual([late])
  expect(await site.wrongRollups()).toEqual([])
})

test('leaves every level right at once, and made anew a little later', async () => {
  await using other = await startSite()
  await other.startWriter()
  const events = await other.addEvents(2)
  const from = Math.floor(nowMicros() / DAY) * DAY - 3 * DAY
  const to = from + 2 * DAY
  const times = Array.from({ length: 400 }, (_, n) => from + n * 7 * MINUTE)
  await other.publish(
    times.map((time, n) =>
      frameAt(
        time,
        events.map((event, index) => [event, n + index]),
      ),
    ),
  )
  await other.untilAcked()
  await until('all hours are made', () => isHealed(other, to), { timeoutMs: 30_000 })
  const range = { events: null, from: from + 5 * HOUR + 3 * MINUTE, to: from + 30 * HOUR + 17 }
  const deleted = times.filter((time) => time >= range.from && time < range.to).length * events.length
  const job = await endedJob(other.db, await makeJob(other, { kind: 'delete', ...range }))
  expect(job).toMatchObject({ state: 'done', done: deleted })
  for (const level of ROLLUP_LEVELS) expect(await wrongRead(other, level, from, to)).toEqual([])
  await until('hours are made anew', () => isHealed(other, to), { timeoutMs: 30_000 })
  expect(await wrongAnywhere(other, from, to)).toEqual([])
})

test('where retention left only rollups, removes those that lie in the range and keeps those that do so in part', async () => {
  await using old = await startSite()
  await old.startWriter()
  const [event] = (await old.addEvents(1)) as [EventId]
  const start = Math.floor(nowMicros() / (24 * HOUR)) * 24 * HOUR - 240 * HOUR
  const times = [0, 1, 2, 3].flatMap((hour) =>
    [0, 1, 2].map((minute) => start + hour * HOUR + minute * MINUTE + 30 * SECOND),
  )
  await old.publish(times.map((time, n) => frameAt(time, [[event, n]])))
  await old.untilAcked()
  const minutesFrom = start + 2 * HOUR
  await until('all hours are made', () => isHealed(old, start + DAY), { timeoutMs: 30_000 })
  await sql`DELETE FROM datapoints`.execute(old.db)
  await sql`DELETE FROM datapoint_rollups WHERE resolution = 60 AND bucket < ${formatTime(minutesFrom)}`.execute(old.db)
  await sql`
    UPDATE historian_state SET raw_from = ${formatTime(start + 100 * HOUR)}, minutes_from = ${formatTime(minutesFrom)}`.execute(
    old.db,
  )
  // From within the first hour, which stays as it is, to within the second minute of the last one.
  const range = { from: start + MINUTE, to: start + 3 * HOUR + MINUTE + 10 * SECOND }
  const job = await makeJob(old, { kind: 'delete', events: null, ...range })
  expect(await endedJob(old.db, job)).toMatchObject({ state: 'done', done: 3 + 3 + 1 })
  const rollups = await old.db
    .selectFrom('datapoint_rollups')
    .select(['resolution', 'bucket'])
    .orderBy('resolution')
    .orderBy('bucket')
    .execute()
  const lastHour = start + 3 * HOUR
  expect(rollups.filter(({ resolution }) => resolution === 60).map(({ bucket }) => bucket)).toEqual([
    lastHour + MINUTE,
    lastHour + 2 * MINUTE,
  ])
  expect(rollups.some(({ resolution, bucket }) => resolution === 3600 && bucket === start)).toBe(true)
  expect(rollups.some(({ resolution, bucket }) => resolution === 3600 && bucket === start + HOUR)).toBe(false)
})

test('beyond the retention of minutes, makes days of the hours that are left, and hours of minutes that are kept', async () => {
  await using old = await startSite()
  await old.startWriter()
  const [event] = (await old.addEvents(1)) as [EventId]
  const start = Math.floor(nowMicros() / DAY) * DAY - 10 * DAY
  const times = Array.from({ length: 144 }, (_, n) => start + (10 * n + 5) * MINUTE)
  await old.publish(times.map((time, n) => frameAt(time, [[event, n]])))
  await old.untilAcked()
  await until('all hours are made', () => isHealed(old, start + DAY), { timeoutMs: 30_000 })
  // As retention does it, but for an experiment of two hours.
  const kept = { from: formatTime(start + 10 * HOUR), to: formatTime(start + 12 * HOUR) }
  await sql`DELETE FROM datapoints WHERE ts < ${kept.from} OR ts >= ${kept.to}`.execute(old.db)
  await sql`
    DELETE FROM datapoint_rollups WHERE resolution IN (60, 600) AND (bucket < ${kept.from} OR bucket >= ${kept.to})`.execute(
    old.db,
  )
  const cut = formatTime(start + 2 * DAY)
  await sql`UPDATE historian_state SET raw_from = ${cut}, minutes_from = ${cut}`.execute(old.db)
  const countsOf = async (resolution: number) => {
    const rows = await old.db
      .selectFrom('datapoint_rollups')
      .select(['bucket', 'count'])
      .where('resolution', '=', resolution)
      .orderBy('bucket')
      .execute()
    return rows.map(({ bucket, count }) => [(bucket - start) / HOUR, count])
  }
  // The last of four hours lies in the range in part: it stays.
  const lost = { from: start + 2 * HOUR, to: start + 5 * HOUR + 30 * MINUTE }
  const first = await makeJob(old, { kind: 'delete', events: null, ...lost })
  expect(await endedJob(old.db, first)).toMatchObject({ state: 'done', done: 18 })
  expect((await countsOf(3600)).map(([hour]) => hour)).toEqual([0, 1, ...Array.from({ length: 19 }, (_, n) => n + 5)])
  expect((await countsOf(14_400)).map(([, count]) => count)).toEqual([12, 18, 24, 24, 24, 24])
  expect(await countsOf(86_400)).toEqual([[0, 126]])
  // The first part is a minute in which nothing is.
  const inside = { from: start + 10 * HOUR, to: start + 11 * HOUR + 25 * MINUTE }
  const position = { at: inside.from, span: MINUTE }
  const second = await makeJob(old, { kind: 'delete', events: null, ...inside, position })
  expect(await endedJob(old.db, second)).toMatchObject({ state: 'done', done: 8 })
  const one = { event, time: formatTime(start + 11 * HOUR + 35 * MINUTE) }
  const subject = old.bus.names.subjects.historian('delete')
  expect(await request(old.bus, subject, one, DeletedDatapoints, { timeoutMs: 20_000 })).toEqual({ deleted: 1 })
  expect((await countsOf(600)).map(([, count]) => count)).toEqual([1, 1, 1])
  expect((await countsOf(3600)).filter(([hour]) => hour === 10 || hour === 11)).toEqual([[11, 3]])
  expect((await countsOf(14_400)).map(([, count]) => count)).toEqual([12, 18, 15, 24, 24, 24])
  expect(await countsOf(86_400)).toEqual([[0, 117]])
})

test('repairs rollups that are wrong, missing, or of nothing', async () => {
  const [event] = (await site.addEvents(1)) as [EventId]
  const [key] = await keysOf(event)
  const start = anHour()
  await site.publish([0, 1, 2].map((n) => frameAt(start + n * MINUTE, [[event, n]])))
  await site.untilAcked()
  await sql`DELETE FROM datapoint_rollups WHERE event_id = ${key} AND bucket = ${formatTime(start)}`.execute(site.db)
  await sql`UPDATE datapoint_rollups SET count = 7 WHERE event_id = ${key} AND bucket = ${formatTime(start + MINUTE)}`.execute(
    site.db,
  )
  await sql`DELETE FROM datapoints WHERE event_id = ${key} AND ts = ${formatTime(start + 2 * MINUTE)}`.execute(site.db)
  expect(await site.wrongRollups()).toHaveLength(3)
  const job = await makeJob(site, {
    kind: 'repair',
    events: [key ?? 0],
    from: start + 1,
    to: start + 2 * MINUTE + 1,
  })
  expect(await endedJob(site.db, job)).toMatchObject({ state: 'done', done: 3 })
  expect(await site.wrongRollups()).toEqual([])
})

test('carries jobs out in the order in which they were made', async () => {
  const [event] = (await site.addEvents(1)) as [EventId]
  const range = { events: await keysOf(event), from: anHour(), to: anHour() + 1 }
  const jobs: HistorianJobId[] = []
  for (const kind of ['delete', 'repair', 'delete'] as const) jobs.push(await makeJob(site, { kind, ...range }))
  await Promise.all(jobs.map((job) => endedJob(site.db, job)))
  const ended = await site.db
    .selectFrom('historian_jobs')
    .select('public_id')
    .where('public_id', 'in', jobs)
    .orderBy('ended_on')
    .execute()
  expect(ended.map(({ public_id }) => public_id)).toEqual(jobs)
})

test('gives up a job that cannot be done, says why, and goes on with the next', { timeout: 60_000 }, async () => {
  const from = anHour()
  const broken = await makeJob(site, { kind: 'delete', events: null, from, to: from + 1 })
  await sql`UPDATE historian_jobs SET position = '{"at": "nonsense", "span": 1}' WHERE public_id = ${broken}`.execute(
    site.db,
  )
  const next = await makeJob(site, { kind: 'delete', events: [], from, to: from + 1 })
  expect(await endedJob(site.db, broken)).toMatchObject({ state: 'failed', error: expect.any(String) })
  expect(await endedJob(site.db, next)).toMatchObject({ state: 'done', done: 0 })
  await until('somebody is told', async () => {
    const told = await site.db.selectFrom('change_outbox').selectAll().where('entity_id', '=', broken).execute()
    return told.length === 1
  })
})

test('gives up a job of which one part ended with its process again and again, and counts parts that are done no more', async () => {
  const from = anHour()
  const [event] = (await site.addEvents(1)) as [EventId]
  const attempts = async (id: HistorianJobId) =>
    (
      await site.db
        .selectFrom('historian_jobs')
        .select('attempts')
        .where('public_id', '=', id)
        .executeTakeFirstOrThrow()
    ).attempts
  const range = { events: await keysOf(event), from, to: from + HOUR }
  const broken = await makeJob(site, { kind: 'repair', ...range, attempts: 5 })
  const next = await makeJob(site, { kind: 'repair', ...range, attempts: 4 })
  expect(await endedJob(site.db, broken)).toMatchObject({ state: 'failed', error: expect.stringContaining('5 times') })
  expect(await endedJob(site.db, next)).toMatchObject({ state: 'done' })
  expect(await attempts(next)).toBe(0)
})

test('makes minutes of the tiniest and the largest values anew as they were', async () => {
  const [event] = (await site.addEvents(1)) as [EventId]
  const [key] = await keysOf(event)
  const start = anHour()
  const values = [1e-160, 5e-324, -1e-200, 1.7e308, 1.7e308, 3, -1.5e308, 1e154, 0]
  // In one minute by themselves, and in one all together.
  const times = [...values.map((_, n) => start + n * MINUTE), ...values.map((_, n) => start + HOUR + n)]
  await site.publish(times.map((time, n) => frameAt(time, [[event, values[n % values.length] ?? 0]])))
  await site.untilAcked()
  const rollups = () =>
    site.db
      .selectFrom('datapoint_rollups')
      .selectAll()
      .where('event_id', '=', key ?? 0)
      .where('resolution', '=', 60)
      .orderBy('bucket')
      .execute()
  const before = await rollups()
  const job = await makeJob(site, { kind: 'repair', events: [key ?? 0], from: start, to: start + 2 * HOUR })
  expect(await endedJob(site.db, job)).toMatchObject({ state: 'done', done: values.length + 1 })
  const after = await rollups()
  expect(after.slice(0, -1)).toEqual(before.slice(0, -1))
  expect(after.at(-1)).toEqual({ ...before.at(-1), sum: expect.any(Number), sum_sq: 8e307 })
})

test('keeps rollups right while writers fill the very minutes that are deleted and repaired', {
  timeout: 120_000,
}, async () => {
  await using busy = await startSite()
  const [event] = (await busy.addEvents(1)) as [EventId]
  const writers = { BATCH_MAX_ROWS: '20', BATCH_MAX_AGE_MS: '5' }
  await Promise.all([busy.startWriter(writers), busy.startWriter(writers)])
  const start = anHour()
  const times = Array.from({ length: 500 }, (_, n) => start + (n % 3) * MINUTE + n)
  let isPublished = false
  const publishing = (async () => {
    for (const [n, time] of times.entries()) await busy.publish(frameAt(time, [[event, n]]))
    isPublished = true
  })()
  let deleted = 0
  const range = { events: null, from: start + 40, to: start + 2 * MINUTE + 300 }
  while (!isPublished) {
    const jobs = [await makeJob(busy, { kind: 'delete', ...range }), await makeJob(busy, { kind: 'repair', ...range })]
    const [deletion] = await Promise.all(jobs.map((job) => endedJob(busy.db, job)))
    deleted += deletion?.done ?? 0
  }
  await publishing
  await busy.untilAcked(20_000)
  expect(await busy.wrongRollups()).toEqual([])
  expect(deleted).toBeGreaterThan(0)
  expect(deleted + (await busy.countRows())).toBe(times.length)
})
