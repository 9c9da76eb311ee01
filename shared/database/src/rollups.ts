import type { Micros } from '@webmacs/contracts'
import { type RawBuilder, sql } from 'kysely'
import { moment } from './moment.ts'

/** Seconds that the buckets of each kind of rollup span, finest first. Each is a whole multiple of the one before it. */
export const ROLLUP_LEVELS = [60, 600, 3600, 14_400, 86_400] as const
export type RollupLevel = (typeof ROLLUP_LEVELS)[number]
const FINEST = ROLLUP_LEVELS[0]
const HOUR = 3600 satisfies RollupLevel

export interface RollupRange {
  /** SQL of an `int4[]` with the keys of events. */
  readonly events: RawBuilder<unknown>
  readonly level: RollupLevel
  /** Whole multiples of the level, `[from, to)`. */
  readonly from: Micros
  readonly to: Micros
}

const COLUMNS = [
  ...['event_id', 'resolution', 'bucket', 'count', 'sum', 'sum_sq', 'min', 'min_at', 'max', 'max_at'],
  ...['first', 'first_at', 'last', 'last_at'],
]

/**
 * SQL for the rollups of a range: those of the level where they are right, else an hour's, and where these are not right either, because the
 * hour is not closed yet or became stale, the minutes'. So rows are of up to three lengths, and whoever reads them groups them; each reading
 * is in one of them. The one place that says which rollups may be believed. Beyond the retention of minutes only levels from an hour on are
 * complete.
 */
export function rollupRows(range: RollupRange): RawBuilder<unknown> {
  const { level } = range
  const whole = { from: moment(range.from), to: moment(range.to) }
  if (level === FINEST) return rows(range.events, FINEST, whole)
  // What is marked is an hour; what is not right is what holds it, or what lies in it. Levels nest, so each is found by equality.
  const parts =
    level <= HOUR
      ? [
          sql`${rows(range.events, level, before(whole, closedUntil(level)))} AND NOT ${isStale(HOUR)}`,
          rows(range.events, FINEST, after(whole, closedUntil(level))),
          rowsOfStale(range, HOUR, FINEST),
        ]
      : [
          sql`${rows(range.events, level, before(whole, closedUntil(level)))} AND NOT ${isStale(level)}`,
          sql`${rows(range.events, HOUR, before(after(whole, closedUntil(level)), closedUntil(HOUR)))} AND NOT ${isStale(HOUR)}`,
          sql`${rowsOfStale(range, level, HOUR)} WHERE NOT ${isStale(HOUR)}`,
          rows(range.events, FINEST, after(whole, closedUntil(HOUR))),
          rowsOfStale(range, HOUR, FINEST),
        ]
  return sql.join(parts, sql` UNION ALL `)
}

interface Between {
  readonly from: RawBuilder<unknown>
  readonly to: RawBuilder<unknown>
}

const before = ({ from, to }: Between, limit: RawBuilder<unknown>): Between => ({
  from,
  to: sql`least(${to}, ${limit})`,
})
const after = ({ from, to }: Between, limit: RawBuilder<unknown>): Between => ({
  from: sql`greatest(${from}, ${limit})`,
  to,
})

/** Before it rollups of a level are complete. */
const closedUntil = (level: RollupLevel) => sql`(SELECT ${binned(level, sql.ref('closed_until'))} FROM historian_state)`
const seconds = (count: number) => sql`make_interval(secs => ${sql.lit(count)})`

const SELECTED = sql.join(COLUMNS.map((column) => sql.ref(`rollup.${column}`)))

const rows = (events: RawBuilder<unknown>, level: RollupLevel, { from, to }: Between) => sql`
  SELECT ${SELECTED} FROM datapoint_rollups rollup
  WHERE event_id = ANY(${events}::int4[]) AND resolution = ${sql.lit(level)} AND bucket >= ${from} AND bucket < ${to}`

/** Hours beyond the retention of minutes stay as they are, marked or not. */
const HEALABLE = sql`hour >= (SELECT minutes_from FROM historian_state)`

/** Whether the rollup lies in an interval of so many seconds with a stale hour. */
const isStale = (span: RollupLevel) => sql`EXISTS (
  SELECT FROM stale_rollups WHERE stale_rollups.event_id = rollup.event_id AND ${HEALABLE}
    AND ${binned(span, sql.ref('hour'))} = ${binned(span, sql.ref('rollup.bucket'))})`

/** The finer rollups of intervals with a stale hour, as far as they are closed: the others are read as a whole. */
const rowsOfStale = ({ events, from, to }: RollupRange, span: RollupLevel, finer: RollupLevel) => sql`
  SELECT ${SELECTED} FROM (
    SELECT DISTINCT event_id AS stale_event, ${binned(span, sql.ref('hour'))} AS stale_from FROM stale_rollups
    WHERE event_id = ANY(${events}::int4[]) AND ${HEALABLE} AND hour >= ${moment(Math.floor(from / (span * 1e6)) * span * 1e6)}
      AND hour < ${moment(to)}
  ) stale
  CROSS JOIN LATERAL (
    SELECT * FROM datapoint_rollups
    WHERE event_id = stale_event AND resolution = ${sql.lit(finer)} AND bucket >= greatest(stale_from, ${moment(from)})
      AND bucket < least(stale_from + ${seconds(span)}, ${moment(to)}, ${closedUntil(span)})
    OFFSET 0
  ) rollup`

/** SQL for the start of the interval of so many seconds that holds the moment. Intervals are counted from 1970 on, so levels nest. */
export const binned = (seconds: number, at: RawBuilder<unknown>): RawBuilder<Micros> =>
  sql<Micros>`date_bin(make_interval(secs => ${sql.lit(seconds)}), ${at}, timestamptz 'epoch')`
