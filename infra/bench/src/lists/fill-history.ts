import { type Micros, nowMicros } from '@webmacs/contracts'
import { binned, ensurePartitions, moment, partitionsBetween, ROLLUP_LEVELS } from '@webmacs/database'
import { sql } from 'kysely'
import type { BenchDatabase } from '../site.ts'

const SECOND: Micros = 1_000_000
const HOUR: Micros = 3600 * SECOND
/** Readings of one statement. */
const SLICE = 2_000_000

/**
 * One reading a second of each event up to now, stored in order of time as the writer does, with the rollups of all levels and what
 * maintenance measures. One reading in a thousand is bad.
 */
export async function fillHistory({ database: { db }, events }: BenchDatabase, datapoints: number): Promise<void> {
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
  await fillRollups(db, Math.floor((to - HOUR) / HOUR) * HOUR)
}

async function fillRollups(db: BenchDatabase['database']['db'], closedUntil: Micros): Promise<void> {
  await sql`
    INSERT INTO datapoint_rollups
    SELECT event_id, 60, ${binned(60, sql.ref('ts'))} AS made, count(*), sum(value), sum(value * value), min(value), min(ts),
      max(value), max(ts), min(value), min(ts), max(value), max(ts)
    FROM datapoints WHERE (quality & 3) <> 2 GROUP BY event_id, made`.execute(db)
  for (const level of ROLLUP_LEVELS.slice(1)) {
    await sql`
      INSERT INTO datapoint_rollups
      SELECT event_id, ${sql.lit(level)}, ${binned(level, sql.ref('bucket'))} AS made, sum(count), sum(sum), sum(sum_sq), min(min),
        min(min_at), max(max), max(max_at), min(first), min(first_at), max(last), max(last_at)
      FROM datapoint_rollups
      WHERE resolution = 60 AND bucket < date_bin(make_interval(secs => ${sql.lit(level)}), ${moment(closedUntil)}, 'epoch')
      GROUP BY event_id, made`.execute(db)
  }
  await sql`UPDATE historian_state SET closed_until = ${moment(closedUntil)}`.execute(db)
  await sql`
    INSERT INTO event_statistics
    SELECT event_id, sum(count), least(sum(count), 86400), min(first_at), max(last_at)
    FROM datapoint_rollups WHERE resolution = 60 GROUP BY event_id`.execute(db)
  await sql`VACUUM ANALYZE datapoint_rollups`.execute(db)
  await sql`ANALYZE`.execute(db)
}
