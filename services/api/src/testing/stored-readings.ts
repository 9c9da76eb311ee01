import { type EventId, formatTime, type Micros, newId } from '@webmacs/contracts'
import { type Database, ensurePartitions, partitionsBetween } from '@webmacs/database'
import { sql } from 'kysely'

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
  await sql`
    INSERT INTO datapoint_rollups
    SELECT event_id, 60, date_trunc('minute', ts) AS bucket, count(*), sum(value), sum(value * value),
      min(value), (array_agg(ts ORDER BY value, ts))[1], max(value), (array_agg(ts ORDER BY value DESC, ts))[1],
      (array_agg(value ORDER BY ts))[1], min(ts), (array_agg(value ORDER BY ts DESC))[1], max(ts)
    FROM datapoints WHERE event_id = ${key} AND value IS NOT NULL AND (quality & 3) <> 2
    GROUP BY event_id, bucket
    ON CONFLICT DO NOTHING`.execute(db)
}
