import type { Micros } from '@webmacs/contracts'
import { moment } from '@webmacs/database'
import { sql } from 'kysely'
import type { ResolvedSelection } from '../selection/resolve-selection.ts'
import { keysOf, SHOWN } from '../snapshot/parts.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'

export interface Neighbour {
  readonly value: number
  readonly time: Micros
}

const HOUR_S = 3600

/**
 * For each event its shown reading next to a moment: the last one before it, or the first one from it on. One look into an index each. Rows of
 * an hour and more may lie where retention has taken the readings: there the hours' rollups say the same.
 */
export async function neighbours(
  snapshot: Snapshot,
  { events, seconds }: ResolvedSelection,
  side: 'before' | 'after',
  at: Micros,
): Promise<Map<number, Neighbour>> {
  const time = moment(at)
  const order = sql.raw(side === 'before' ? 'time DESC' : 'time')
  const reading =
    side === 'before'
      ? sql`SELECT value, ts AS time FROM datapoints WHERE event_id = key AND ts < ${time} AND ${SHOWN} ORDER BY ts DESC LIMIT 1`
      : sql`SELECT value, ts AS time FROM datapoints WHERE event_id = key AND ts >= ${time} AND ${SHOWN} ORDER BY ts LIMIT 1`
  const right = sql`NOT EXISTS (
    SELECT FROM stale_rollups WHERE stale_rollups.event_id = rollup.event_id AND hour = rollup.bucket)`
  const ofHours = sql`FROM datapoint_rollups rollup WHERE event_id = key AND resolution = ${sql.lit(HOUR_S)} AND ${right}`
  const hour =
    side === 'before'
      ? sql`SELECT last AS value, last_at AS time ${ofHours} AND bucket <= ${time} - interval '1 hour' ORDER BY bucket DESC LIMIT 1`
      : sql`SELECT first AS value, first_at AS time ${ofHours} AND bucket >= ${time} ORDER BY bucket LIMIT 1`
  const found = seconds < HOUR_S ? sql`(${reading})` : sql`(${reading}) UNION ALL (${hour})`
  const rows = await snapshot.rows(sql<Neighbour & { key: number }>`
    SELECT key, value, time FROM unnest(${keysOf(events)}) AS key CROSS JOIN LATERAL (
      SELECT value, time FROM (${found}) found ORDER BY ${order} LIMIT 1
    ) nearest`)
  return new Map(rows.map(({ key, value, time: found }) => [key, { value, time: found }]))
}
