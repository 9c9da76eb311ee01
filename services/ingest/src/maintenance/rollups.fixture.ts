import type { Micros } from '@webmacs/contracts'
import { moment, ROLLUP_LEVELS, type RollupLevel, rollupRows } from '@webmacs/database'
import { type RawBuilder, sql } from 'kysely'
import type { Site } from '../ingest-site.fixture.ts'

export const HOUR: Micros = 3_600_000_000
export const DAY: Micros = 24 * HOUR

/** Starts of the buckets of a level: the rollups as `rollupRows` shows them, merged per bucket, that differ from what the stored rows give. */
export async function wrongRead({ db }: Site, level: RollupLevel, from: Micros, to: Micros): Promise<unknown[]> {
  const events = sql`(SELECT array_agg(id) FROM events)`
  const { rows } = await wrong(level, rollupRows({ events, level, from, to }), from, to).execute(db)
  return rows
}

/** The stored rollups of a level that differ from what the stored rows give. */
export async function wrongStored({ db }: Site, level: RollupLevel, from: Micros, to: Micros): Promise<unknown[]> {
  const stored = sql`SELECT * FROM datapoint_rollups WHERE resolution = ${level} AND bucket >= ${moment(from)} AND bucket < ${moment(to)}`
  const { rows } = await wrong(level, stored, from, to).execute(db)
  return rows
}

/** Every level, read and stored. */
export async function wrongAnywhere(site: Site, from: Micros, to: Micros): Promise<unknown[]> {
  const found: unknown[] = []
  for (const level of ROLLUP_LEVELS) {
    found.push(...(await wrongRead(site, level, from, to)), ...(await wrongStored(site, level, from, to)))
  }
  return found
}

/** Nothing is left to be made. */
export async function isHealed({ db }: Site, until: Micros): Promise<boolean> {
  const state = await db.selectFrom('historian_state').select('closed_until').executeTakeFirstOrThrow()
  const stale = await db.selectFrom('stale_rollups').select('hour').executeTakeFirst()
  return state.closed_until >= until && stale === undefined
}

const wrong = (level: number, rollups: RawBuilder<unknown>, from: Micros, to: Micros) => sql<unknown>`
  WITH expected AS (
    SELECT event_id, date_bin(make_interval(secs => ${level}), ts, timestamptz 'epoch') AS bucket, count(*) AS count,
      sum(value) AS sum, sum(value * value) AS sum_sq, min(value) AS min, max(value) AS max, min(ts) AS first_at, max(ts) AS last_at,
      (array_agg(value ORDER BY ts))[1] AS first, (array_agg(value ORDER BY ts DESC))[1] AS last,
      (array_agg(ts ORDER BY value, ts))[1] AS min_at, (array_agg(ts ORDER BY value DESC, ts))[1] AS max_at
    FROM datapoints WHERE value IS NOT NULL AND quality & 3 <> 2 AND ts >= ${moment(from)} AND ts < ${moment(to)} GROUP BY 1, 2
  ), found AS (
    SELECT event_id, date_bin(make_interval(secs => ${level}), bucket, timestamptz 'epoch') AS bucket, sum(count) AS count,
      sum(sum) AS sum, sum(sum_sq) AS sum_sq, min(min) AS min, max(max) AS max, min(first_at) AS first_at, max(last_at) AS last_at,
      (array_agg(first ORDER BY first_at))[1] AS first, (array_agg(last ORDER BY last_at DESC))[1] AS last,
      (array_agg(min_at ORDER BY min, min_at))[1] AS min_at, (array_agg(max_at ORDER BY max DESC, max_at))[1] AS max_at
    FROM (${rollups}) rollups GROUP BY 1, 2
  )
  SELECT ${level}::int AS level, event_id, bucket, expected.*, found.* FROM expected FULL JOIN found USING (event_id, bucket)
  WHERE (expected.count, expected.min, expected.max, expected.first_at, expected.last_at, expected.first, expected.last,
      expected.min_at, expected.max_at)
    IS DISTINCT FROM (found.count, found.min, found.max, found.first_at, found.last_at, found.first, found.last,
      found.min_at, found.max_at)
    OR abs(expected.sum - found.sum) > 1e-6 * greatest(1, abs(expected.sum))
    OR abs(expected.sum_sq - found.sum_sq) > 1e-6 * greatest(1, expected.sum_sq)`
