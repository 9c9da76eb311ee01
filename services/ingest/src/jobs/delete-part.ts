import { formatTime, type Micros } from '@webmacs/contracts'
import type pg from 'pg'
import { ROLLUP_SECONDS } from '../commit/rollup.ts'
import { type EventHour, HOUR, markStale } from '../rollups/mark-stale.ts'
import { type MinuteKey, minuteOf, nextMinute, rebuildMinutes } from '../rollups/rebuild-minutes.ts'
import { findWholeHours, hourKey, hourOf, rebuildOldHours } from '../rollups/rebuild-old-hours.ts'
import type { HistorianLimits } from './historian-limits.ts'
import type { Job } from './job.ts'
import type { PartWindow } from './part-window.ts'

const DELETE = `DELETE FROM datapoints WHERE event_id = ANY($1::int[]) AND ts >= $2::timestamptz AND ts < $3::timestamptz`

/**
 * Deletes what a part of a range holds, also bad readings, and makes what is left right: minutes here, hours by a mark. Where retention has
 * removed what a rollup was made of, the rollup goes when it lies in the range as a whole, and stays when it does so in part; what is made of
 * hours is made anew of those that are left. To be called by someone who holds `holdRolling`.
 * @param closedUntil what `holdRollups` said in this transaction
 * @returns how many readings rollups hold less: bad ones are in none
 */
export async function deletePart(
  client: pg.ClientBase,
  job: Job,
  { from, to }: PartWindow,
  limits: HistorianLimits & { readonly closedUntil: Micros },
): Promise<number> {
  const { events } = job
  const { minutesFrom } = limits
  const spared = await findSpared(client, job, limits.rawFrom)
  const whole = await findWholeHours(client, { events, from, to, minutesFrom })
  await client.query(DELETE, [events, formatTime(from), formatTime(to)])
  const rebuilt = await rebuildMinutes(
    client,
    { events, from: minuteOf(from), to: nextMinute(to) },
    { isSpared: ({ event, bucket }) => spared.has(`${event} ${bucket}`) },
  )
  const changed = rebuilt.filter(({ before, after }) => before !== after)
  // Before that moment hours are not made anew: a mark would do nothing.
  const recent = changed.filter(({ bucket }) => bucket >= minutesFrom)
  await markStale(client, recent, limits.closedUntil)
  const isWhole = (hour: EventHour): boolean => whole.has(hourKey(hour))
  const kept = changed.filter((minute) => minute.bucket < minutesFrom && isWhole(hourOf(minute)))
  const gone = await deleteHours(client, job, { from, to }, minutesFrom)
  await rebuildOldHours(client, { whole: [...kept.map(hourOf), ...gone.filter(isWhole)], gone })
  const minutes = [...recent, ...kept].reduce((sum, { before, after }) => sum + before - after, 0)
  return gone.filter((hour) => !isWhole(hour)).reduce((sum, { count }) => sum + count, minutes)
}

const INCOMPLETE = `
  SELECT event_id AS event, (extract(epoch FROM bucket) * 1000000)::int8 AS bucket FROM datapoint_rollups
  WHERE event_id = ANY($1::int[]) AND resolution = ${ROLLUP_SECONDS} AND bucket = ANY($2::timestamptz[]) AND count <> (
    SELECT count(*) FROM datapoints
    WHERE datapoints.event_id = datapoint_rollups.event_id AND ts >= bucket AND ts < bucket + interval '1 minute'
      AND value IS NOT NULL AND quality & 3 <> 2
  )`

/** The minutes at the ends of the job's range of which retention left no more than the rollup: nobody knows what of it is in the range. */
async function findSpared(client: pg.ClientBase, job: Job, rawFrom: Micros): Promise<Set<string>> {
  const ends = [job.from, job.to].filter((end) => end !== minuteOf(end)).map(minuteOf)
  const old = ends.filter((minute) => minute < rawFrom)
  if (old.length === 0) return new Set()
  const { rows } = await client.query<MinuteKey>(INCOMPLETE, [job.events, old.map(formatTime)])
  return new Set(rows.map(({ event, bucket }) => `${event} ${bucket}`))
}

const DELETE_HOURS = `
  DELETE FROM datapoint_rollups
  WHERE event_id = ANY($1::int[]) AND resolution IN (600, 3600) AND bucket >= $2::timestamptz AND bucket < $3::timestamptz
    AND bucket + make_interval(secs => resolution) <= $4::timestamptz
  RETURNING resolution, event_id AS event, (extract(epoch FROM bucket) * 1000000)::int8 AS hour, count`

/**
 * Deletes the hours' and finer rollups that lie in the range as a whole and that no healing would make anew.
 * @returns the hours, with how many readings each held
 */
async function deleteHours(
  client: pg.ClientBase,
  job: Job,
  { from, to }: Pick<PartWindow, 'from' | 'to'>,
  minutesFrom: Micros,
): Promise<(EventHour & { count: number })[]> {
  if (from >= minutesFrom) return []
  const end = Math.min(job.to, minutesFrom)
  const values = [job.events, ...[from, to, end].map(formatTime)]
  const { rows } = await client.query<EventHour & { resolution: number; count: number }>(DELETE_HOURS, values)
  return rows.filter(({ resolution }) => resolution === HOUR / 1_000_000)
}
