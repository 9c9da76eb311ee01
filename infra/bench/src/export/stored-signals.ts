import { ensurePartitions, partitionsBetween } from '@webmacs/database'
import { sql } from 'kysely'
import type { BenchDatabase } from '../site.ts'

/** Signals at 1 Hz. */
export const SIGNALS = 20
const DAY_S = 86_400
const MICROS = 1_000_000

export interface StoredSignals {
  readonly rows: number
  readonly from: string
  readonly to: string
}

/** Fills the historian with so many readings of twenty signals, in order of time as they come in a plant, rollups as they are days later. */
export async function storeSignals({ database, events }: BenchDatabase, rows: number): Promise<StoredSignals> {
  const { db } = database
  const seconds = Math.ceil(rows / SIGNALS)
  const end = Math.floor(Date.now() / 1000 / DAY_S) * DAY_S - DAY_S
  const start = end - seconds
  await ensurePartitions(db, partitionsBetween(start * MICROS, end * MICROS))
  const keys = events.slice(0, SIGNALS).map(({ id }) => id)
  for (let from = start; from < end; from += DAY_S) {
    const to = Math.min(from + DAY_S, end)
    await sql`
      INSERT INTO datapoints (ts, event_id, value, quality)
      SELECT to_timestamp(second) + event * interval '1 microsecond', event,
        round((20 + 5 * sin(second / 300.0 + event) + random())::numeric, 3), 0
      FROM generate_series(${from}::int8, ${to - 1}::int8) AS second, unnest(${keys}::int4[]) AS event`.execute(db)
  }
  for (const level of [60, 600, 3600, 14_400, DAY_S]) {
    await sql`
      INSERT INTO datapoint_rollups
        (event_id, resolution, bucket, count, sum, sum_sq, min, min_at, max, max_at, first, first_at, last, last_at)
      SELECT event_id, ${sql.lit(level)}, date_bin(make_interval(secs => ${sql.lit(level)}), ts, 'epoch') AS bucket,
        count(*), sum(value), sum(value * value), min(value), min(ts), max(value), max(ts), min(value), min(ts), max(value), max(ts)
      FROM datapoints GROUP BY 1, 2, 3`.execute(db)
  }
  await sql`UPDATE historian_state SET closed_until = to_timestamp(${end})`.execute(db)
  await sql`VACUUM ANALYZE datapoints`.execute(db)
  await sql`VACUUM ANALYZE datapoint_rollups`.execute(db)
  const iso = (second: number): string => new Date(second * 1000).toISOString()
  return { rows: seconds * SIGNALS, from: iso(start), to: iso(end) }
}
