import { type EventId, formatTime, type Micros, newId, nowMicros } from '@webmacs/contracts'
import { ensurePartitions, moment, openDatabase, partitionOf, partitionsBetween } from '@webmacs/database'
import { aFrame, until, valuesOf } from '@webmacs/testing'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { type Site, startSite } from '../ingest-site.fixture.ts'
import { holdRollups } from '../rollups/hold-rollups.ts'
import { advanceRetention } from './advance-retention.ts'
import { deleteRows } from './delete-expired.ts'
import { DAY, HOUR, isHealed } from './rollups.fixture.ts'

const today = (): Micros => Math.floor(nowMicros() / DAY) * DAY

/** A reading every two hours over the last hundred days, closed and made. */
async function fill(site: Site): Promise<EventId> {
  const [event] = (await site.addEvents(1)) as [EventId]
  const frames = []
  for (let time = today() - 100 * DAY; time < today(); time += 2 * HOUR) {
    frames.push(aFrame({ time: formatTime(time + 60_000_000), values: valuesOf([[event, 1]]) }))
  }
  for (let at = 0; at < frames.length; at += 200) await site.publish(frames.slice(at, at + 200))
  await site.startWriter()
  await site.untilAcked()
  await until('all is made', () => isHealed(site, today()), { timeoutMs: 20_000 })
  return event
}

/** As the api does it, long enough ago that every writer knows. */
async function keepFor({ db, bus }: Site, raw_days: number | null, minute_days: number | null): Promise<void> {
  await db
    .updateTable('retention')
    .set({ raw_days, minute_days, updated_on: formatTime(nowMicros() - 60_000_000) })
    .execute()
  bus.nc.publish(bus.names.subjects.historian('work'))
}

async function addExperiment({ db }: Site, from: Micros, to: Micros, keep: boolean): Promise<void> {
  const times = { started_on: formatTime(from), stopped_on: formatTime(to) }
  await db
    .insertInto('experiments')
    .values({ public_id: newId('exp'), name: newId('exp'), user_id: null, keep, ...times })
    .execute()
}

const oldestRow = async ({ db }: Site): Promise<Micros | undefined> =>
  (await db.selectFrom('datapoints').select('ts').orderBy('ts').limit(1).executeTakeFirst())?.ts
const bucketsOf = async ({ db }: Site, resolution: number): Promise<Micros[]> => {
  const rows = await db
    .selectFrom('datapoint_rollups')
    .select('bucket')
    .where('resolution', '=', resolution)
    .orderBy('bucket')
    .execute()
  return rows.map(({ bucket }) => bucket)
}
const partitions = async ({ db }: Site): Promise<string[]> => {
  const { rows } = await sql<{
    name: string
  }>`SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relname ~ '^datapoints_'`.execute(db)
  return rows.map(({ name }) => name)
}
const retentionRuns = async ({ db }: Site) => {
  const runs = await db
    .selectFrom('maintenance_runs')
    .where('task', '=', 'retention')
    .selectAll()
    .orderBy('id')
    .execute()
  return runs.filter(({ ended_on }) => ended_on !== null)
}

test('removes datapoints and minutes of their age, keeps hours, and spares experiments that are kept', {
  timeout: 60_000,
}, async () => {
  await using site = await startSite()
  await fill(site)
  const kept = { from: today() - 80 * DAY - 90 * 60_000_000, to: today() - 79 * DAY - HOUR }
  await addExperiment(site, kept.from, kept.to, true)
  await addExperiment(site, today() - 70 * DAY, today() - 69 * DAY, false)
  const cut = { raw: today() - 31 * DAY, minutes: today() - 61 * DAY }
  await keepFor(site, 30, 60)
  const expired = async () => {
    const { count } = await site.db
      .selectFrom('datapoints')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('ts', '<', moment(cut.raw))
      .executeTakeFirstOrThrow()
    return count
  }
  const inKept = (time: Micros) => time >= kept.from && time < kept.to
  await until('all that is kept is left', async () => (await expired()) <= 13, { timeoutMs: 20_000 })
  await until('minutes went too', async () => (await bucketsOf(site, 60)).length === 61 * 12 + 13, {
    timeoutMs: 20_000,
  })
  const rows = await site.db.selectFrom('datapoints').select('ts').orderBy('ts').execute()
  // The hour in which the experiment began is spared as a whole.
  expect(rows.filter(({ ts }) => ts < cut.raw).filter(({ ts }) => !inKept(ts)).length).toBeLessThanOrEqual(1)
  expect(rows.filter(({ ts }) => inKept(ts))).toHaveLength(12)
  expect(rows.filter(({ ts }) => ts >= cut.raw)).toHaveLength(31 * 12)
  expect((await bucketsOf(site, 600)).length).toBe(61 * 12 + 13)
  for (const level of [3600, 14_400, 86_400]) expect((await bucketsOf(site, level))[0]).toBeLessThan(today() - 99 * DAY)
  expect(await site.db.selectFrom('historian_state').select(['raw_from', 'minutes_from']).executeTakeFirst()).toEqual({
    raw_from: cut.raw,
    minutes_from: cut.minutes,
  })
  const names = await partitions(site)
  expect(names).toContain(partitionOf(kept.from).name)
  expect(names).not.toContain(partitionOf(today() - 95 * DAY).name)
  const counted = (await retentionRuns(site)).map(({ counts }) => counts)
  const total = (what: string) => counted.reduce((sum, counts) => sum + (counts[what] ?? 0), 0)
  expect(total('partitions_dropped')).toBeGreaterThan(6)
  expect(total('datapoints')).toBeGreaterThan(0)
  expect(total('rollups')).toBe(2 * (39 * 12 - 13))
})

test('drops a week beside a reader in a snapshot: writers go on, the reader sees it to its end', {
  timeout: 60_000,
}, async () => {
  await using site = await startSite()
  const event = await fill(site)
  const reader = await site.db.startTransaction().setIsolationLevel('repeatable read').execute()
  const count = () =>
    reader
      .selectFrom('datapoints')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
  expect((await count()).count).toBe(1200)
  await keepFor(site, 30, null)
  await until(
    'a week waits for the reader',
    async () => (await retentionRuns(site)).some(({ counts }) => (counts.partitions_busy ?? 0) > 0),
    {
      timeoutMs: 40_000,
    },
  )
  const time = nowMicros()
  await site.publish(aFrame({ time: formatTime(time), values: valuesOf([[event, 7]]) }))
  await site.untilAcked()
  expect(await site.rowsOf(event)).toContainEqual({ time, value: 7, quality: 0 })
  expect((await count()).count).toBe(1200)
  await reader.commit().execute()
  await until(
    'the weeks are gone',
    async () => {
      site.bus.nc.publish(site.bus.names.subjects.historian('work'))
      return !(await partitions(site)).includes(partitionOf(today() - 95 * DAY).name)
    },
    { timeoutMs: 20_000 },
  )
})

test('takes readings only as old as datapoints are kept, and not again where retention removed them', async () => {
  await using site = await startSite()
  const [event] = (await site.addEvents(1)) as [EventId]
  await site.startWriter()
  const publishOld = async (days: number, value: number) => {
    await site.publish(aFrame({ time: formatTime(nowMicros() - days * DAY), values: valuesOf([[event, value]]) }))
    await site.untilAcked()
  }
  await publishOld(40, 1)
  await keepFor(site, 30, null)
  await until('the old reading is removed', async () => (await oldestRow(site)) === undefined, { timeoutMs: 20_000 })
  await publishOld(40, 2)
  await publishOld(29, 3)
  await keepFor(site, null, null)
  await until('it is known', async () => (await retentionRuns(site)).length > 0)
  await publishOld(40, 4)
  await publishOld(28, 5)
  expect((await site.rowsOf(event)).map(({ value }) => value)).toEqual([3, 5])
  expect((await site.deadLetters()).map(({ reason }) => reason)).toEqual(['impossible_time', 'impossible_time'])
})

test('keeps an experiment from the moment on in which somebody says so, also while it removes', {
  timeout: 60_000,
}, async () => {
  await using site = await startSite()
  await fill(site)
  // Minutes are removed day by day; the first day has to wait.
  const reader = await site.db.startTransaction().execute()
  await sql`SELECT FROM datapoint_rollups WHERE resolution = 60 ORDER BY bucket LIMIT 1 FOR UPDATE`.execute(reader)
  await keepFor(site, 60, 60)
  await until('it waits', async () => {
    const { rows } =
      await sql`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
      AND query LIKE '%DELETE FROM datapoint_rollups%'`.execute(site.db)
    return rows.length > 0
  })
  const kept = { from: today() - 98 * DAY, to: today() - 97 * DAY }
  await addExperiment(site, kept.from, kept.to - 1, true)
  await reader.rollback().execute()
  await until('the others went', async () => (await bucketsOf(site, 60)).length <= 61 * 12 + 12, { timeoutMs: 20_000 })
  expect((await bucketsOf(site, 60)).filter((bucket) => bucket >= kept.from && bucket < kept.to)).toHaveLength(12)
})

test('keeps the minutes of an hour that a writer is just marking', async () => {
  await using site = await startSite()
  const hour = today() - 50 * DAY
  await sql`UPDATE historian_state SET closed_until = ${moment(today() - DAY)}`.execute(site.db)
  const database = openDatabase({ url: site.databaseProxy.url, maxConnections: 2, applicationName: 'retention' })
  const writer = await database.pool.connect()
  await writer.query('BEGIN')
  await holdRollups(writer)
  await writer.query('INSERT INTO stale_rollups (event_id, hour) VALUES (1, $1)', [formatTime(hour)])
  // Where it does not wait for the writer, it waits for the row that the writer's limits are in.
  await writer.query('SELECT FROM historian_state FOR SHARE')
  const plan = { rawBefore: today() - 31 * DAY, minutesBefore: today() - 40 * DAY, kept: [], settledOn: 0 }
  const advancing = advanceRetention(database, plan)
  await until('it waits', async () => {
    const { rows } =
      await sql`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'retention'`.execute(
        site.db,
      )
    return rows.length > 0
  })
  await writer.query('COMMIT')
  writer.release()
  expect((await advancing).minutes).toBeLessThanOrEqual(hour)
  await database.close()
})

test('removes whole minutes at a time', async () => {
  await using site = await startSite()
  await site.addEvents(1)
  const minute = today() - 50 * DAY
  await ensurePartitions(site.db, partitionsBetween(minute, minute + DAY))
  const times = [1, 31, 59, 60, 61].map((second) => formatTime(minute + second * 1_000_000))
  await sql`INSERT INTO datapoints (ts, event_id, value) SELECT at, 1, 1 FROM unnest(${times}::timestamptz[]) AS at`.execute(
    site.db,
  )
  const database = openDatabase({ url: site.databaseProxy.url, maxConnections: 1, applicationName: 'retention' })
  const parts: number[] = []
  for await (const deleted of deleteRows(database, { from: minute, to: minute + DAY }))
    if (deleted > 0) parts.push(deleted)
  await database.close()
  expect(parts).toEqual([3, 2])
})

test('takes nothing before it knows how long datapoints are kept, and hears of changes by itself', async () => {
  await using site = await startSite()
  const [event] = (await site.addEvents(1)) as [EventId]
  await site.db.updateTable('retention').set({ raw_days: 30, minute_days: 60 }).execute()
  const publishOld = (days: number) =>
    site.publish(aFrame({ time: formatTime(nowMicros() - days * DAY), values: valuesOf([[event, days]]) }))
  await publishOld(40)
  site.databaseProxy.refuse()
  await site.startWriter()
  // What were taken now would be stored when the database is there.
  site.databaseProxy.resume()
  await site.untilAcked(20_000)
  expect((await site.deadLetters()).map(({ reason }) => reason)).toEqual(['impossible_time'])
  await site.db.updateTable('retention').set({ raw_days: 5 }).execute()
  await until('the writer knows', async () => {
    await publishOld(20)
    await site.untilAcked()
    return (await site.deadLetters()).length > 1
  })
  expect((await site.rowsOf(event)).every(({ value }) => value === 20)).toBe(true)
})
