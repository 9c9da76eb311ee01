import { tmpdir } from 'node:os'
import { type EventId, formatTime, newId, nowMicros } from '@webmacs/contracts'
import { ensurePartitions, openDatabase, partitionsBetween } from '@webmacs/database'
import { createLogger } from '@webmacs/service-kit'
import { aFrame, until, valuesOf } from '@webmacs/testing'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { type Site, startSite } from '../ingest-site.fixture.ts'
import { DAY, HOUR, isHealed } from './rollups.fixture.ts'
import { statisticsTask } from './statistics-task.ts'

async function measure(site: Site, path = ''): Promise<Readonly<Record<string, number>>> {
  const database = openDatabase({
    url: site.environment.DATABASE_URL ?? '',
    maxConnections: 2,
    applicationName: 'test',
  })
  const log = createLogger({ service: 'ingest', level: 'fatal' })
  const { counts } = await statisticsTask(path).run({ database, log, signal: new AbortController().signal })
  await database.close()
  return counts
}
const statisticsOf = async ({ db }: Site, event: EventId) =>
  db
    .selectFrom('event_statistics')
    .innerJoin('events', 'events.id', 'event_id')
    .where('public_id', '=', event)
    .select(['datapoints', 'last_day', 'first_at', 'last_at'])
    .executeTakeFirst()
const totals = ({ db }: Site) => db.selectFrom('historian_statistics').selectAll().executeTakeFirstOrThrow()

test('measures per event what is stored, of the past and of this moment', async () => {
  await using site = await startSite()
  const [event, empty] = (await site.addEvents(2)) as [EventId, EventId]
  await site.startWriter()
  const now = nowMicros()
  const old = Array.from({ length: 50 }, (_, n) => now - 10 * DAY + n * HOUR)
  const recent = Array.from({ length: 20 }, (_, n) => now - 20 * HOUR + n * HOUR)
  await site.publish(
    [...old, ...recent, now].map((time) => aFrame({ time: formatTime(time), values: valuesOf([[event, 1]]) })),
  )
  await site.publish(aFrame({ values: valuesOf([[event, null]]), quality: { [event]: ['bad'] } }))
  await site.untilAcked()
  await measure(site)
  const expected = { datapoints: 71, last_day: 21, first_at: old[0], last_at: now }
  expect(await statisticsOf(site, event)).toEqual(expected)
  expect(await statisticsOf(site, empty)).toEqual({ datapoints: 0, last_day: 0, first_at: null, last_at: null })
  await until('all is closed and made', () => isHealed(site, Math.floor(now / HOUR - 0.2) * HOUR), {
    timeoutMs: 20_000,
  })
  await measure(site)
  expect(await statisticsOf(site, event)).toEqual(expected)
  expect(await totals(site)).toMatchObject({ datapoints: 71, disk_total_bytes: null, disk_free_bytes: null })
  expect((await totals(site)).datapoint_bytes).toBeGreaterThan(8192)
  expect((await totals(site)).rollup_bytes).toBeGreaterThan(8192)
})

test('counts of an experiment that is kept only what was there when it was marked', async () => {
  await using site = await startSite()
  const [event, silent] = (await site.addEvents(2)) as [EventId, EventId]
  await site.startWriter()
  const now = nowMicros()
  const old = Array.from({ length: 50 }, (_, n) => now - 10 * DAY + n * HOUR)
  await site.publish([...old, now].map((time) => aFrame({ time: formatTime(time), values: valuesOf([[event, 1]]) })))
  await site.untilAcked()
  await until('all is closed and made', () => isHealed(site, Math.floor(now / HOUR - 0.2) * HOUR), {
    timeoutMs: 20_000,
  })
  const { db } = site
  await sql`UPDATE historian_state SET raw_from = ${formatTime(now - 5 * DAY)}`.execute(db)
  await sql`DELETE FROM datapoints WHERE ts < ${formatTime(old[20] ?? 0)}`.execute(db)
  const window = { started_on: formatTime(now - 11 * DAY), stopped_on: formatTime(now - 7 * DAY) }
  const experiment = { public_id: newId('exp'), name: 'marked late', user_id: null, ...window }
  await db
    .insertInto('experiments')
    .values({ ...experiment, keep: true })
    .execute()
  await measure(site)
  expect(await statisticsOf(site, event)).toEqual({ datapoints: 31, last_day: 1, first_at: old[20], last_at: now })
  expect(await statisticsOf(site, silent)).toMatchObject({ datapoints: 0 })
  await sql`DELETE FROM datapoints WHERE ts < ${formatTime(now - 5 * DAY)}`.execute(db)
  await measure(site)
  expect(await statisticsOf(site, event)).toMatchObject({ datapoints: 1, first_at: now })
})

test('knows how full the disk is where it is told of a folder, and says so where the folder is away', async () => {
  await using site = await startSite()
  await measure(site, tmpdir())
  const { disk_total_bytes, disk_free_bytes } = await totals(site)
  expect(disk_total_bytes).toBeGreaterThan(0)
  expect(disk_free_bytes).toBeLessThanOrEqual(disk_total_bytes ?? 0)
  await measure(site, '/no/such/folder')
  expect(await totals(site)).toMatchObject({ disk_total_bytes: null, disk_free_bytes: null })
})

test('looks at tables anew that grew fast, and only at them', async () => {
  await using site = await startSite()
  const from = nowMicros()
  await ensurePartitions(site.db, partitionsBetween(from, from))
  const [partition] = partitionsBetween(from, from)
  await sql`
    INSERT INTO datapoints (ts, value, event_id)
    SELECT timestamptz 'epoch' + (${partition?.from ?? 0}::int8 + n) * interval '1 microsecond', 1, 1 FROM generate_series(1, 50000) AS n
  `.execute(site.db)
  expect(await measure(site)).toEqual({ tables_analyzed: 2 }) // the partition, and the parent of all
  const { rows } = await sql<{ rows: number }>`
    SELECT reltuples::int8 AS rows FROM pg_class WHERE relname IN ('datapoints', ${partition?.name})`.execute(site.db)
  expect(rows).toEqual([{ rows: 50_000 }, { rows: 50_000 }])
  expect(await measure(site)).toEqual({ tables_analyzed: 0 })
})
