import { AppError, type EventId, type Micros } from '@webmacs/contracts'
import { moment, type Tables } from '@webmacs/database'
import { type Kysely, sql } from 'kysely'
import { MINUTE, wholeIntervals } from './widths.ts'

export interface SeriesEvent {
  readonly id: number
  readonly event: EventId
  readonly unit: string
  /** Readings of the minutes that lie in the range, and of those that it touches; 0 when they were not asked for. */
  readonly inside: number
  readonly touching: number
}

/** The events of a request in the order of asking, and from where on what is kept of them. */
export interface SeriesFacts {
  readonly events: readonly SeriesEvent[]
  readonly rawFrom: Micros
  readonly minutesFrom: Micros
}

export interface Range {
  readonly from: Micros
  readonly to: Micros
}

const NAMED_IN_ERROR = 5

/**
 * @param countsReadings from their minutes, for a range of hours at most
 * @throws AppError `event.unknown` that names those which never were; retired ones still have their past
 */
export async function findEvents(
  db: Kysely<Tables>,
  ids: readonly string[],
  range: Range,
  countsReadings: boolean,
): Promise<SeriesFacts> {
  const minutes = wholeIntervals(range.from, range.to, MINUTE)
  const isInside = sql`bucket >= ${moment(range.from)} AND bucket <= ${moment(range.to - MINUTE)}`
  const counts = countsReadings
    ? sql`
      SELECT coalesce(sum(count) FILTER (WHERE ${isInside}), 0)::int8 AS inside, coalesce(sum(count), 0)::int8 AS touching
      FROM datapoint_rollups WHERE event_id = events.id AND resolution = 60
        AND bucket >= ${moment(minutes.from)} AND bucket < ${moment(minutes.to)}`
    : sql`SELECT 0::int8 AS inside, 0::int8 AS touching`
  // What retention spares belongs to one experiment: a range within it finds everything, one that only touches it does not.
  const isKept = sql`EXISTS (
    SELECT FROM experiments WHERE keep AND started_on <= ${moment(range.from)}
      AND (stopped_on IS NULL OR stopped_on >= ${moment(range.to)})
  )`
  const { rows } = await sql<SeriesEvent & { raw_from: Micros; minutes_from: Micros; is_kept: boolean }>`
    SELECT events.id, public_id AS event, unit, raw_from, minutes_from, ${isKept} AS is_kept, inside, touching
    FROM events CROSS JOIN historian_state CROSS JOIN LATERAL (${counts}) counted
    WHERE public_id = ANY(${ids}::text[])
  `.execute(db)
  const byId = new Map(rows.map((row) => [row.event as string, row]))
  const unknown = ids.filter((id) => !byId.has(id))
  if (unknown.length > 0) throw unknownEvents(unknown)
  const [state] = rows
  const hasAll = state === undefined || state.is_kept
  return {
    events: ids.flatMap((id) => byId.get(id) ?? []),
    rawFrom: hasAll ? Number.NEGATIVE_INFINITY : state.raw_from,
    minutesFrom: hasAll ? Number.NEGATIVE_INFINITY : state.minutes_from,
  }
}

function unknownEvents(ids: readonly string[]): AppError {
  const named = ids.slice(0, NAMED_IN_ERROR).map((id) => `'${id}'`)
  const more = ids.length > NAMED_IN_ERROR ? ` and ${ids.length - NAMED_IN_ERROR} more` : ''
  const noun = ids.length === 1 ? 'Event' : 'Events'
  return new AppError('event.unknown', { detail: `${noun} ${named.join(', ')}${more} not found.` })
}
