import type { EventId, Micros } from '@webmacs/contracts'
import { type Database, ensurePartitions, moment, partitionsBetween, ROLLUP_LEVELS } from '@webmacs/database'
import { sql } from 'kysely'

export interface HistorySize {
  readonly events: readonly { readonly id: number; readonly publicId: EventId }[]
  /** End of the history; it is one reading a second before it. */
  readonly to: Micros
  /** Days of readings. */
  readonly rawDays: number
  /** Days of rollups, made from the same formula where there are no readings. */
  readonly rollupDays: number
}

const DAY: Micros = 86_400_000_000

/** The signal, as SQL of a moment: no two readings alike, so that numbers have as many digits as measured ones. */
const SIGNAL = "50 + 20 * sin(date_part('epoch', at) / 600 + event)"

/** One reading a second, rollups of every level, all hours closed: rows as ingest leaves them, inserted by statements. */
export async function fillHistory({ db, pool }: Database, size: HistorySize): Promise<void> {
  const { events, to } = size
  const rawFrom = to - size.rawDays * DAY
  const rollupFrom = to - size.rollupDays * DAY
  await ensurePartitions(db, partitionsBetween(rawFrom, to))
  for (const { id } of events) {
    await sql`
      INSERT INTO datapoints (event_id, ts, value, quality)
      SELECT event, at, ${sql.raw(SIGNAL)}, 0
      FROM generate_series(${moment(rawFrom)}, ${moment(to)} - interval '1 second', interval '1 second') AS at,
        (VALUES (${sql.lit(id)})) AS one (event)`.execute(db)
    await sql`
      INSERT INTO datapoint_rollups
      SELECT event, 60, at, 60, 60 * value, 60 * value * value, value - 0.5, at, value + 0.5, at + interval '59 seconds',
        value - 0.5, at, value + 0.5, at + interval '59 seconds'
      FROM (
        SELECT event, at, ${sql.raw(SIGNAL)} AS value
        FROM generate_series(${moment(rollupFrom)}, ${moment(to)} - interval '1 minute', interval '1 minute') AS at,
          (VALUES (${sql.lit(id)})) AS one (event)
      ) minutes`.execute(db)
  }
  // In the order of closing: an hour after the other, all events of each.
  for (const [index, level] of ROLLUP_LEVELS.entries()) {
    const finer = ROLLUP_LEVELS[index - 1]
    if (finer === undefined) continue
    await pool.query(`
      INSERT INTO datapoint_rollups
      SELECT event_id, ${level}, date_bin(make_interval(secs => ${level}), bucket, 'epoch') AS at, sum(count), sum(sum), sum(sum_sq),
        min(min), min(min_at), max(max), min(max_at), min(first), min(first_at), max(last), max(last_at)
      FROM datapoint_rollups WHERE resolution = ${finer} GROUP BY event_id, at
      ORDER BY date_bin('1 hour', min(bucket), 'epoch'), event_id, at`)
  }
  await sql`UPDATE historian_state SET closed_until = ${moment(to)}`.execute(db)
  await pool.query('VACUUM ANALYZE datapoint_rollups')
  await pool.query('VACUUM ANALYZE datapoints')
}
