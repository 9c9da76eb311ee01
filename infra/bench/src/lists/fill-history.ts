import { type Micros, nowMicros } from '@webmacs/contracts'
import { ensurePartitions, moment, partitionsBetween } from '@webmacs/database'
import { sql } from 'kysely'
import { fillRollups } from '../fill-rollups.ts'
import type { BenchDatabase } from '../site.ts'

const SECOND: Micros = 1_000_000
/** Readings of one statement. */
const SLICE = 2_000_000

/**
 * One reading a second of each event up to now, stored in order of time as the writer does, with the rollups of all levels and what
 * maintenance measures. One reading in a thousand is bad.
 */
export async function fillHistory({ database, events }: BenchDatabase, datapoints: number): Promise<void> {
  const { db } = database
  const seconds = Math.ceil(datapoints / events.length)
  const to = Math.floor(nowMicros() / SECOND) * SECOND
  const from = to - seconds * SECOND
  await ensurePartitions(db, partitionsBetween(from, to))
  const step = Math.ceil(SLICE / events.length) * SECOND
  for (let start = from; start < to; start += step) {
    await sql`
      INSERT INTO datapoints (event_id, ts, value, quality)
      SELECT id, at + id % 100 * interval '10 ms', 50 + 20 * sin(extract(epoch FROM at)::float8 / 600 + id),
        CASE WHEN (extract(epoch FROM at)::int8 + id) % 1000 = 0 THEN 2 ELSE 0 END
      FROM generate_series(${moment(start)}, ${moment(Math.min(start + step, to) - SECOND)}, interval '1 second') AS at
      CROSS JOIN (SELECT id FROM events ORDER BY id LIMIT ${events.length}) event`.execute(db)
  }
  await sql`VACUUM ANALYZE datapoints`.execute(db)
  await fillRollups(database, to)
}
