import type { Micros } from '@webmacs/contracts'
import { binned, moment, ROLLUP_LEVELS, type RollupLevel, rollupRows, type Tables } from '@webmacs/database'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { type Stretch, within } from './list-scope.ts'
import { ofQuality } from './of-quality.ts'

/** Where to begin to read: before this moment, after so many datapoints more. */
export interface Place {
  readonly before: Micros
  readonly skip: number
}

/** The newest minute that has datapoints. */
export interface NewestMinute {
  readonly bucket: Micros
  readonly count: number
  readonly first_at: Micros
  readonly last_at: Micros
}

const SECOND: Micros = 1_000_000
export const MINUTE: Micros = 60 * SECOND
/** Days that one statement sums, the first time; further ones four times as many each. */
const FIRST_DAYS = 32

interface Places {
  readonly db: Kysely<Tables>
  readonly events: RawBuilder<unknown>
}

/**
 * Finds the place in a list of shown datapoints that has `offset` of them before it, by the counts of rollups: minutes up to the next ten,
 * those up to the next hour and so on, and in the one that holds the place back to minutes. A few thousand rollups however deep it lies.
 */
export async function placeOf(places: Places, stretch: Stretch, offset: number): Promise<Place> {
  const [bottom, top] = [upTo(stretch.from, MINUTE), downTo(stretch.to, MINUTE)]
  if (bottom >= top) return { before: stretch.to, skip: offset } // no whole minute to count by
  const newest = await newestMinute(places, stretch)
  if (newest === undefined) return { before: stretch.from, skip: offset }
  let left = offset
  if (newest.bucket >= top) {
    const edge = await countShown(places, { from: top, to: stretch.to })
    if (left < edge) return { before: stretch.to, skip: left }
    left -= edge
  }
  return walk(places, { from: bottom, to: Math.min(top, newest.bucket + MINUTE) }, left)
}

/** @param stretch of whole minutes */
async function walk(places: Places, { from, to }: Stretch, offset: number): Promise<Place> {
  let [before, left, days] = [to, offset, FIRST_DAYS]
  while (before > from) {
    const level = coarsestAt(before, from)
    const lower = Math.max(upTo(from, level * SECOND), nextLevelBelow(before, level, days))
    if (lower < before - 1.5 * level * SECOND) days *= 4
    for (const { bucket, count } of await countsOf(places, level, { from: lower, to: before })) {
      if (left < count) return descend(places, level, bucket, left)
      left -= count
    }
    before = lower
  }
  return { before: from, skip: left }
}

/** The level that may be read from `before` on: one whose interval ends there, and does not reach past `from`. */
function coarsestAt(before: Micros, from: Micros): RollupLevel {
  const fitting = ROLLUP_LEVELS.filter((level) => before % (level * SECOND) === 0 && before - level * SECOND >= from)
  return fitting.at(-1) ?? ROLLUP_LEVELS[0]
}

function nextLevelBelow(before: Micros, level: RollupLevel, days: number): Micros {
  const coarser = ROLLUP_LEVELS[ROLLUP_LEVELS.indexOf(level) + 1]
  return coarser === undefined ? before - days * level * SECOND : downTo(before - 1, coarser * SECOND)
}

/** Back from an interval that holds the place to the minute that does. */
async function descend(places: Places, level: RollupLevel, start: Micros, offset: number): Promise<Place> {
  const end = start + level * SECOND
  const finer = ROLLUP_LEVELS[ROLLUP_LEVELS.indexOf(level) - 1]
  if (finer === undefined) return { before: end, skip: offset }
  let left = offset
  for (const { bucket, count } of await countsOf(places, finer, { from: start, to: end })) {
    if (left < count) return descend(places, finer, bucket, left)
    left -= count
  }
  return { before: start, skip: left } // some were deleted meanwhile
}

async function countsOf({ db, events }: Places, level: RollupLevel, { from, to }: Stretch) {
  const { rows } = await sql<{ bucket: Micros; count: number }>`
    SELECT ${binned(level, sql.ref('found.bucket'))} AS bucket, sum(count)::int8 AS count
    FROM (${rollupRows({ events, level, from, to })}) found GROUP BY 1 ORDER BY 1 DESC`.execute(db)
  return rows
}

/** One look into an index for each event. */
export async function newestMinute({ db, events }: Places, { from, to }: Stretch): Promise<NewestMinute | undefined> {
  const { rows } = await sql<NewestMinute>`
    SELECT bucket, sum(count)::int8 AS count, min(first_at) AS first_at, max(last_at) AS last_at
    FROM unnest(${events}) AS listed (id) CROSS JOIN LATERAL (
      SELECT bucket, count, first_at, last_at FROM datapoint_rollups
      WHERE event_id = listed.id AND resolution = 60 AND bucket >= ${moment(downTo(from, MINUTE))} AND bucket < ${moment(to)}
      ORDER BY bucket DESC LIMIT 1
    ) newest
    GROUP BY bucket ORDER BY bucket DESC LIMIT 1`.execute(db)
  return rows[0]
}

async function countShown({ db, events }: Places, stretch: Stretch): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) FROM unnest(${events}) AS listed (id) CROSS JOIN LATERAL (
      SELECT FROM datapoints WHERE event_id = listed.id AND ${within('ts', stretch)} AND ${ofQuality('shown', 'datapoints')}
    ) found`.execute(db)
  return rows[0]?.count ?? 0
}

export const downTo = (time: Micros, unit: Micros): Micros => Math.floor(time / unit) * unit
export const upTo = (time: Micros, unit: Micros): Micros => Math.ceil(time / unit) * unit
