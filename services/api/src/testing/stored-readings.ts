import { type EventId, formatTime, type Micros, newId } from '@webmacs/contracts'
import {
  binned,
  type Database,
  ensurePartitions,
  moment,
  partitionsBetween,
  ROLLUP_LEVELS,
  type RollupLevel,
} from '@webmacs/database'
import { type RawBuilder, sql } from 'kysely'

export interface TestEvent {
  readonly id: EventId
  readonly key: number
}

/** An event in use. */
export async function anEvent({ db }: Database): Promise<TestEvent> {
  const id = newId('evt')
  const { id: key } = await db
    .insertInto('events')
    .values({ public_id: id, name: id, min_value: 0, max_value: 100, unit: '°C', type: 'sensor' })
    .returning('id')
    .executeTakeFirstOrThrow()
  return { id, key }
}

export interface StoredReading {
  readonly time: Micros
  readonly value: number | null
  /** Good when left out. */
  readonly quality?: number
}

/** Stores readings as the writer does: rows, and the minutes' rollups of the good ones. */
export async function storeReadings(
  { db }: Database,
  { key }: TestEvent,
  readings: readonly StoredReading[],
): Promise<void> {
  const times = readings.map(({ time }) => time)
  await ensurePartitions(db, partitionsBetween(Math.min(...times), Math.max(...times)))
  await sql`
    INSERT INTO datapoints (event_id, ts, value, quality)
    SELECT ${key}, ts, value, quality FROM unnest(
      ${times.map(formatTime)}::timestamptz[], ${readings.map(({ value }) => value)}::float8[],
      ${readings.map(({ quality }) => quality ?? 0)}::int2[]
    ) AS reading (ts, value, quality)`.execute(db)
  await sql`${rollupsOf(60, sql`event_id = ${key}`)}
    ON CONFLICT (event_id, resolution, bucket) DO UPDATE SET (count, sum, sum_sq, min, min_at, max, max_at, first, first_at, last, last_at) =
      (excluded.count, excluded.sum, excluded.sum_sq, excluded.min, excluded.min_at, excluded.max, excluded.max_at,
       excluded.first, excluded.first_at, excluded.last, excluded.last_at)`.execute(db)
}

/** Closes the hours before a moment as maintenance does: their coarse rollups are made. */
export async function closeHours({ db }: Database, until: Micros): Promise<void> {
  for (const level of ROLLUP_LEVELS.slice(1)) {
    const closed = sql`ts < date_bin(make_interval(secs => ${sql.lit(level)}), ${moment(until)}, 'epoch')`
    await sql`${rollupsOf(level, closed)} ON CONFLICT DO NOTHING`.execute(db)
  }
  await sql`UPDATE historian_state SET closed_until = date_trunc('hour', ${moment(until)})`.execute(db)
}

const rollupsOf = (level: RollupLevel, which: RawBuilder<unknown>) => sql`
  INSERT INTO datapoint_rollups
  SELECT event_id, ${sql.lit(level)}, ${binned(level, sql.ref('ts'))} AS made, count(*), sum(value), sum(value * value),
    min(value), (array_agg(ts ORDER BY value, ts))[1], max(value), (array_agg(ts ORDER BY value DESC, ts))[1],
    (array_agg(value ORDER BY ts))[1], min(ts), (array_agg(value ORDER BY ts DESC))[1], max(ts)
  FROM datapoints WHERE ${which} AND value IS NOT NULL AND (quality & 3) <> 2
  GROUP BY event_id, made`
