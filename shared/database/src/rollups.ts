import type { Micros } from '@webmacs/contracts'
import { type RawBuilder, sql } from 'kysely'
import { moment } from './moment.ts'

/** Seconds that the buckets of each kind of rollup span, finest first. Each is a whole multiple of the one before it. */
export const ROLLUP_LEVELS = [60, 600, 3600, 14_400, 86_400] as const
export type RollupLevel = (typeof ROLLUP_LEVELS)[number]
const FINEST = ROLLUP_LEVELS[0]
const HOUR = 3600

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
 * SQL for the rollups of a range: those of the level where they are right, and the minutes' of the hours that are not closed yet or became
 * stale. So rows are of two lengths, and whoever reads them groups them; each reading is in one of them. The one place that says which
 * rollups may be believed. Beyond the retention of minutes only levels from an hour on are complete.
 */
export function rollupRows({ events, level, from, to }: RollupRange): RawBuilder<unknown> {
  const columns = sql.join(COLUMNS.map((column) => sql.ref(`rollup.${column}`)))
  const between = (resolution: number, lower: RawBuilder<unknown>, upper: RawBuilder<unknown>) => sql`
    SELECT ${columns} FROM datapoint_rollups rollup
    WHERE event_id = ANY(${events}::int4[]) AND resolution = ${sql.lit(resolution)} AND bucket >= ${lower} AND bucket < ${upper}`
  if (level === FINEST) return between(FINEST, moment(from), moment(to))
  // Hours beyond the retention of minutes stay as they are.
  const believed = (column: string) => sql`(SELECT ${binned(level, sql.ref(column))} FROM historian_state)`
  const closed = believed('closed_until')
  // What is not right is the rollup that holds the hour, or the rollups within it: either way one interval, so that joins go by equality.
  const span = Math.max(level, HOUR)
  const staleSpan = binned(span, sql.ref('hour'))
  return sql`
    ${between(level, moment(from), sql`least(${moment(to)}, ${closed})`)} AND NOT EXISTS (
      SELECT FROM stale_rollups WHERE stale_rollups.event_id = rollup.event_id AND hour >= ${believed('minutes_from')}
        AND ${staleSpan} = ${binned(span, sql.ref('rollup.bucket'))}
    )
    UNION ALL ${between(FINEST, sql`greatest(${moment(from)}, ${closed})`, moment(to))}
    UNION ALL
    SELECT ${columns} FROM (
      SELECT DISTINCT event_id AS stale_event, ${staleSpan} AS stale_from FROM stale_rollups
      WHERE event_id = ANY(${events}::int4[]) AND hour >= ${believed('minutes_from')} AND ${staleSpan} + ${seconds(span)} > ${moment(from)}
        AND hour < ${moment(to)}
    ) stale
    CROSS JOIN LATERAL (
      SELECT * FROM datapoint_rollups
      WHERE event_id = stale_event AND resolution = ${sql.lit(FINEST)} AND bucket >= greatest(stale_from, ${moment(from)})
        AND bucket < least(stale_from + ${seconds(span)}, ${moment(to)}, ${closed})
      OFFSET 0
    ) rollup`
}

const seconds = (count: number): RawBuilder<unknown> => sql`make_interval(secs => ${sql.lit(count)})`

/** SQL for the start of the interval of so many seconds that holds the moment. Intervals are counted from 1970 on, so levels nest. */
export const binned = (seconds: number, at: RawBuilder<unknown>): RawBuilder<Micros> =>
  sql<Micros>`date_bin(make_interval(secs => ${sql.lit(seconds)}), ${at}, timestamptz 'epoch')`
