import type { Micros } from '@webmacs/contracts'
import { moment, ROLLUP_LEVELS, type RollupLevel, rollupRows } from '@webmacs/database'
import { type RawBuilder, sql } from 'kysely'

export interface Range {
  readonly from: Micros
  /** Not included. */
  readonly to: Micros
}

/** A stretch of time and what it is read from: rollups of so many seconds, 0: readings. */
export interface Part extends Range {
  readonly level: RollupLevel | 0
}

const MICROS_PER_SECOND = 1_000_000

/** The start of the interval of so many seconds that holds the moment. */
export const floorTo = (seconds: number, time: Micros): Micros => {
  const length = seconds * MICROS_PER_SECOND
  return Math.floor(time / length) * length
}

export const ceilTo = (seconds: number, time: Micros): Micros => {
  const length = seconds * MICROS_PER_SECOND
  return Math.ceil(time / length) * length
}

/** The range in stretches that are each read from the coarsest rollups that fit, none coarser than `coarsest`; what is left from readings. */
export function partsOf(range: Range, coarsest: number): Part[] {
  return split(range, ROLLUP_LEVELS.filter((level) => level <= coarsest).toReversed())
}

function split({ from, to }: Range, levels: readonly RollupLevel[]): Part[] {
  if (from >= to) return []
  const [level, ...finer] = levels
  if (level === undefined) return [{ level: 0, from, to }]
  const [start, end] = [ceilTo(level, from), floorTo(level, to)]
  if (start >= end) return split({ from, to }, finer)
  return [...split({ from, to: start }, finer), { level, from: start, to: end }, ...split({ from: end, to }, finer)]
}

/** SQL of an `int4[]`. */
export const keysOf = (events: readonly { readonly key: number }[]): RawBuilder<unknown> =>
  sql.raw(`'{${events.map(({ key }) => Math.trunc(key)).join(',')}}'::int4[]`)

/** What charts and rollups show: readings with a value that are not bad. */
export const SHOWN = sql`value IS NOT NULL AND (quality & 3) <> 2`

const READ_COLUMNS = sql.raw('event_id, bucket, count, sum, min, max, first, first_at, last, last_at')

/** SQL of rows as rollups have them, for each part: each shown reading of the events is in one of them. */
export function summaries(events: RawBuilder<unknown>, parts: readonly Part[]): RawBuilder<unknown> {
  const selects = parts.map(({ level, from, to }) =>
    level === 0
      ? sql`SELECT event_id, ts AS bucket, 1::int8 AS count, value AS sum, value AS min, value AS max,
              value AS first, ts AS first_at, value AS last, ts AS last_at
            FROM datapoints WHERE event_id = ANY(${events}) AND ts >= ${moment(from)} AND ts < ${moment(to)} AND ${SHOWN}`
      : sql`SELECT ${READ_COLUMNS} FROM (${rollupRows({ events, level, from, to })}) rollups`,
  )
  return sql`(${sql.join(selects, sql` UNION ALL `)}) summaries`
}
