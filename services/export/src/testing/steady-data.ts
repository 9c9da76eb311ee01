import { formatTime, type Micros } from '@webmacs/contracts'
import { type Database, ensurePartitions, partitionsBetween } from '@webmacs/database'
import { sql } from 'kysely'
import type { TestEvent } from './measured-data.ts'

/**
 * A reading a second of each event, in bulk, with rollups of their minutes only: all that counting needs while no hour is closed.
 * @param from a whole minute
 */
export async function storeSteadily(
  { db }: Database,
  { events, from, minutes }: { readonly events: readonly TestEvent[]; readonly from: Micros; readonly minutes: number },
): Promise<void> {
  await ensurePartitions(db, partitionsBetween(from, from + minutes * 60_000_000))
  const keys = events.map(({ key }) => key)
  const start = sql`${formatTime(from)}::timestamptz`
  await sql`
    INSERT INTO datapoints (ts, event_id, value, quality)
    SELECT ${start} + make_interval(secs => second), event, sin(second / 100.0 + event), 0
    FROM generate_series(0, ${minutes * 60 - 1}) AS second, unnest(${keys}::int4[]) AS event`.execute(db)
  await sql`
    INSERT INTO datapoint_rollups
      (event_id, resolution, bucket, count, sum, sum_sq, min, min_at, max, max_at, first, first_at, last, last_at)
    SELECT event, 60, bucket, 60, 0, 0, -1, bucket, 1, bucket, 0, bucket, 0, bucket + interval '59 s'
    FROM unnest(${keys}::int4[]) AS event,
      LATERAL (SELECT ${start} + make_interval(mins => minute) AS bucket FROM generate_series(0, ${minutes - 1}) AS minute)`.execute(
    db,
  )
}
