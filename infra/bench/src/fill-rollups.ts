import type { Micros } from '@webmacs/contracts'
import { binned, type Database, moment, ROLLUP_LEVELS } from '@webmacs/database'
import { sql } from 'kysely'

const HOUR: Micros = 3_600_000_000

/**
 * What the writer and maintenance make of the datapoints that are stored: rollups of all levels, which hours are closed, and what is measured of
 * each event. Lists and series rely on them.
 * @param newest time of the newest datapoint
 */
export async function fillRollups({ db }: Database, newest: Micros): Promise<void> {
  const closedUntil = Math.floor((newest - HOUR) / HOUR) * HOUR
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
