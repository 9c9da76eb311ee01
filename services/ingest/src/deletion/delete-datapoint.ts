import {
  AppError,
  type DeleteDatapoint,
  type DeletedDatapoints,
  isBad,
  type Micros,
  parseTime,
} from '@webmacs/contracts'
import { type Database, isDatabaseAway, isTransient } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'
import type pg from 'pg'
import { inTransaction } from '../commit/in-transaction.ts'
import { ROLLUP_SPAN } from '../commit/rollup.ts'
import { holdLimits } from '../jobs/historian-limits.ts'
import { holdRolling, holdRollups } from '../rollups/hold-rollups.ts'
import { markStale } from '../rollups/mark-stale.ts'
import { minuteOf, rebuildMinutes } from '../rollups/rebuild-minutes.ts'
import { findWholeHours, hourKey, hourOf, rebuildOldHours } from '../rollups/rebuild-old-hours.ts'

const ATTEMPTS = 5

/**
 * Removes one datapoint and rebuilds the rollup that held it, in one transaction. Nothing brings the datapoint back: the numbers of its frame
 * stay committed.
 * @returns how many were removed: 0 when there is none of that event and time
 * @throws AppError `database.unavailable`
 */
export async function deleteDatapoint(
  database: Database,
  { event, time }: DeleteDatapoint,
  log: Logger,
): Promise<DeletedDatapoints> {
  if (parseTime(time) === undefined) return { deleted: 0 }
  for (let attempt = 1; ; attempt += 1) {
    try {
      const deleted = await inTransaction(database, (client) => deleteRow(client, event, time))
      if (deleted > 0) log.info({ event: 'datapoint.deleted', datapointEvent: event, time }, 'datapoint deleted')
      return { deleted }
    } catch (err) {
      if (isDatabaseAway(err)) throw new AppError('database.unavailable', { cause: err })
      if (!isTransient(err) || attempt === ATTEMPTS) throw err
    }
  }
}

const FIND = `
  SELECT events.id AS event, (extract(epoch FROM ts) * 1000000)::int8 AS time FROM events JOIN datapoints ON event_id = events.id
  WHERE events.public_id = $1 AND ts = $2`
const DELETE = `
  DELETE FROM datapoints WHERE event_id = $1 AND ts = $2::timestamptz RETURNING value, quality`

/** First the row, then its rollups: the order in which writers lock them. */
async function deleteRow(client: pg.PoolClient, event: string, time: string): Promise<number> {
  await holdRolling(client)
  const closedUntil = await holdRollups(client)
  const { minutesFrom } = await holdLimits(client)
  const found = await client.query<{ event: number; time: Micros }>(FIND, [event, time])
  const [row] = found.rows
  if (row === undefined) return 0
  const minute = { event: row.event, bucket: minuteOf(row.time) }
  const span = { events: [row.event], from: minute.bucket, to: minute.bucket + ROLLUP_SPAN }
  const whole = await findWholeHours(client, { ...span, minutesFrom })
  const deleted = await client.query<{ value: number | null; quality: number }>(DELETE, [row.event, time])
  for (const { value, quality } of deleted.rows) {
    // A bad reading is in no rollup.
    if (value === null || isBad(quality)) continue
    await rebuildMinutes(client, span)
    if (minute.bucket >= minutesFrom) await markStale(client, [minute], closedUntil)
    else if (whole.has(hourKey(hourOf(minute)))) await rebuildOldHours(client, { whole: [hourOf(minute)], gone: [] })
  }
  return deleted.rows.length
}
