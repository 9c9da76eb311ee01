import { formatTime, type Micros } from '@webmacs/contracts'
import type pg from 'pg'
import { HOUR, markStale } from '../rollups/mark-stale.ts'
import { type MinuteKey, minuteOf, nextMinute, rebuildMinutes } from '../rollups/rebuild-minutes.ts'
import type { HistorianLimits } from './historian-limits.ts'
import type { Job } from './job.ts'
import type { PartWindow } from './part-window.ts'

const HOURS = `
  SELECT event_id AS event, (extract(epoch FROM bucket) * 1000000)::int8 AS bucket FROM datapoint_rollups
  WHERE event_id = ANY($1::int[]) AND resolution = ${HOUR / 1_000_000} AND bucket >= $2::timestamptz AND bucket < $3::timestamptz`

/**
 * Makes the minutes' rollups of a part anew from what is stored, and marks its hours. Only where retention has left datapoints: elsewhere
 * rollups are all that there is.
 * @param closedUntil what `holdRollups` said in this transaction
 * @returns how many rollups were made anew
 */
export async function repairPart(
  client: pg.ClientBase,
  { events }: Job,
  part: PartWindow,
  { rawFrom, closedUntil }: HistorianLimits & { readonly closedUntil: Micros },
): Promise<number> {
  const from = Math.max(minuteOf(part.from), nextMinute(rawFrom))
  const to = nextMinute(part.to)
  if (from >= to) return 0
  const rebuilt = await rebuildMinutes(client, { events, from, to }, { addsMissing: true })
  // An hour may have a rollup without a minute that it could be made of.
  const hours = await client.query<MinuteKey>(HOURS, [events, formatTime(from), formatTime(to)])
  await markStale(client, [...rebuilt, ...hours.rows], closedUntil)
  return rebuilt.length
}
