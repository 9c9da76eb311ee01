import { formatTime, type Micros } from '@webmacs/contracts'
import type { RollupLevel } from '@webmacs/database'
import type pg from 'pg'
import { type EventHour, HOUR } from './mark-stale.ts'
import { rebuildCoarse } from './rebuild-coarse.ts'

const WITH_MINUTES = `
  SELECT event_id AS event, (extract(epoch FROM bucket) * 1000000)::int8 AS hour FROM datapoint_rollups whole
  WHERE event_id = ANY($1::int[]) AND resolution = 3600 AND bucket >= $2::timestamptz AND bucket < $3::timestamptz AND count = (
    SELECT sum(count) FROM datapoint_rollups
    WHERE event_id = whole.event_id AND resolution = 60 AND bucket >= whole.bucket AND bucket < whole.bucket + interval '1 hour'
  )`

export interface OldHours {
  /** Keys of events. */
  readonly events: readonly number[]
  /** `[from, to)`; hours count that it touches. */
  readonly from: Micros
  readonly to: Micros
  /** Retention removed minutes before it, but of what is kept. */
  readonly minutesFrom: Micros
}

/**
 * The hours of a range that are older than minutes are kept, and of which they are all there nevertheless, because an experiment is kept. To be
 * called before anything of them is changed, by someone who holds `holdRolling`.
 * @returns keys as `hourKey` makes them
 */
export async function findWholeHours(
  client: Pick<pg.ClientBase, 'query'>,
  { events, from, to, minutesFrom }: OldHours,
): Promise<Set<string>> {
  if (from >= minutesFrom) return new Set()
  const range = [Math.floor(from / HOUR) * HOUR, Math.min(to, minutesFrom)]
  const { rows } = await client.query<EventHour>(WITH_MINUTES, [events, ...range.map(formatTime)])
  return new Set(rows.map(hourKey))
}

export const hourKey = ({ event, hour }: EventHour): string => `${event} ${hour}`
export const hourOf = ({ event, bucket }: { readonly event: number; readonly bucket: Micros }): EventHour => ({
  event,
  hour: Math.floor(bucket / HOUR) * HOUR,
})

const FROM_MINUTES: readonly RollupLevel[] = [600, 3600]
const FROM_HOURS: readonly RollupLevel[] = [14_400, 86_400]

/**
 * Makes right what nobody comes to heal, because hours beyond the retention of minutes are not made anew: at once, and from the finest that is
 * left.
 * @param whole hours whose minutes are all there and were changed
 * @param gone hours that were deleted
 */
export async function rebuildOldHours(
  client: Pick<pg.ClientBase, 'query'>,
  { whole, gone }: { readonly whole: readonly EventHour[]; readonly gone: readonly EventHour[] },
): Promise<void> {
  if (whole.length > 0) await rebuildCoarse(client, whole, FROM_MINUTES)
  const touched = [...whole, ...gone]
  if (touched.length > 0) await rebuildCoarse(client, touched, FROM_HOURS)
}
