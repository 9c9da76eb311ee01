import { AppError, type DeleteDatapoint, type DeletedDatapoints, isBad, parseTime } from '@webmacs/contracts'
import { type Database, isDatabaseAway, isTransient } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'
import type pg from 'pg'
import { inTransaction } from '../commit/in-transaction.ts'
import { ROLLUP_SPAN } from '../commit/rollup.ts'
import { holdRollups } from '../rollups/hold-rollups.ts'
import { markStale } from '../rollups/mark-stale.ts'
import { minuteOf, rebuildMinutes } from '../rollups/rebuild-minutes.ts'

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

const DELETE = `
  DELETE FROM datapoints USING events WHERE events.public_id = $1 AND event_id = events.id AND ts = $2
  RETURNING event_id AS event, (extract(epoch FROM ts) * 1000000)::int8 AS time, value, quality`

/** First the row, then its rollup: the order in which writers lock them. */
async function deleteRow(client: pg.PoolClient, event: string, time: string): Promise<number> {
  const closedUntil = await holdRollups(client)
  const { rows } = await client.query<{ event: number; time: number; value: number | null; quality: number }>(DELETE, [
    event,
    time,
  ])
  for (const row of rows) {
    // A bad reading is in no rollup.
    if (row.value === null || isBad(row.quality)) continue
    const minute = minuteOf(row.time)
    await rebuildMinutes(client, { events: [row.event], from: minute, to: minute + ROLLUP_SPAN })
    await markStale(client, [{ event: row.event, bucket: row.time }], closedUntil)
  }
  return rows.length
}
