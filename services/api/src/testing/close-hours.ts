import { formatTime, type Micros } from '@webmacs/contracts'
import { type Database, ROLLUP_LEVELS } from '@webmacs/database'
import type { TestEvent } from './stored-readings.ts'

/** Makes the coarse rollups of an event from its minutes, and closes the hours before a moment, as maintenance leaves them. */
export async function closeHours({ pool }: Database, { key }: TestEvent, until: Micros): Promise<void> {
  await pool.query('DELETE FROM datapoint_rollups WHERE event_id = $1 AND resolution > 60', [key])
  for (const [index, level] of ROLLUP_LEVELS.entries()) {
    const finer = ROLLUP_LEVELS[index - 1]
    if (finer === undefined) continue
    await pool.query(
      `INSERT INTO datapoint_rollups
      SELECT event_id, ${level}, date_bin(make_interval(secs => ${level}), bucket, 'epoch') AS at, sum(count), sum(sum), sum(sum_sq),
        min(min), (array_agg(min_at ORDER BY min, min_at))[1], max(max), (array_agg(max_at ORDER BY max DESC, max_at))[1],
        (array_agg(first ORDER BY bucket))[1], min(first_at), (array_agg(last ORDER BY bucket DESC))[1], max(last_at)
      FROM datapoint_rollups WHERE event_id = $1 AND resolution = ${finer} AND bucket < $2 GROUP BY event_id, at`,
      [key, formatTime(until)],
    )
  }
  await pool.query('UPDATE historian_state SET closed_until = $1', [formatTime(until)])
}
