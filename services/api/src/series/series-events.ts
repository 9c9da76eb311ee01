import { AppError, type EventId, type Micros } from '@webmacs/contracts'
import { moment, type Tables } from '@webmacs/database'
import { type Kysely, type RawBuilder, sql } from 'kysely'
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
const HOUR: Micros = 60 * MINUTE

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
  const isKept = isKeptIn(range)
  const { rows } = await sql<SeriesEvent & FactsRow>`
    SELECT events.id, public_id AS event, unit, raw_from, minutes_from, ${isKept} AS is_kept,
      coalesce(has_rows, true) AS has_rows, coalesce(has_minutes, true) AS has_minutes, inside, touching
    FROM events CROSS JOIN historian_state CROSS JOIN LATERAL (${counts}) counted
      LEFT JOIN LATERAL (${leftOfFirstHour(range, isKept)}) spared ON true
    WHERE public_id = ANY(${ids}::text[])
  `.execute(db)
  const byId = new Map(rows.map((row) => [row.event as string, row]))
  const unknown = ids.filter((id) => !byId.has(id))
  if (unknown.length > 0) throw unknownEvents(unknown)
  const [state] = rows
  const isSpared = (hasIt: (row: FactsRow) => boolean): boolean =>
    state === undefined || (state.is_kept && rows.every(hasIt))
  return {
    events: ids.flatMap((id) => byId.get(id) ?? []),
    rawFrom: isSpared(({ has_rows }) => has_rows) ? Number.NEGATIVE_INFINITY : (state?.raw_from ?? 0),
    minutesFrom: isSpared(({ has_minutes }) => has_minutes) ? Number.NEGATIVE_INFINITY : (state?.minutes_from ?? 0),
  }
}

interface FactsRow {
  readonly raw_from: Micros
  readonly minutes_from: Micros
  readonly is_kept: boolean
  readonly has_rows: boolean
  readonly has_minutes: boolean
}

/**
 * SQL for whether the range lies before retention's limit, and in an experiment that is kept: what is spared belongs to one experiment, so a
 * range within it may find everything, one that only touches it does not. Only of closed hours is it known what was there.
 */
const isKeptIn = ({ from, to }: Range): RawBuilder<boolean> => sql<boolean>`(SELECT EXISTS (
  SELECT FROM experiments CROSS JOIN historian_state state
  WHERE keep AND started_on <= ${moment(from)} AND (stopped_on IS NULL OR stopped_on >= ${moment(to)})
    AND ${moment(from)} < greatest(raw_from, minutes_from) AND closed_until >= least(${moment(to)}, raw_from)
))`

/**
 * SQL for whether an event still has what its first hour of the range was made of: an experiment may have been marked when that was gone. Hours
 * stay for ever, whole hours are spared, and retention removes the oldest first, so the first one speaks for those after it. No row where
 * no hour says anything.
 */
const leftOfFirstHour = ({ from, to }: Range, isKept: RawBuilder<boolean>): RawBuilder<unknown> => {
  const isInHour = (start: string) =>
    sql`${sql.ref(start)} >= first_hour.bucket AND ${sql.ref(start)} < first_hour.bucket + interval '1 hour'`
  return sql`
    SELECT EXISTS (SELECT FROM datapoints WHERE event_id = events.id AND ${isInHour('datapoints.ts')}) AS has_rows,
      EXISTS (
        SELECT FROM datapoint_rollups minute WHERE event_id = events.id AND resolution = 60 AND ${isInHour('minute.bucket')}
      ) AS has_minutes
    FROM datapoint_rollups first_hour
    WHERE ${isKept} AND event_id = events.id AND resolution = 3600 AND bucket >= ${moment(Math.floor(from / HOUR) * HOUR)}
      AND bucket < ${moment(to)}
    ORDER BY bucket LIMIT 1`
}

function unknownEvents(ids: readonly string[]): AppError {
  const named = ids.slice(0, NAMED_IN_ERROR).map((id) => `'${id}'`)
  const more = ids.length > NAMED_IN_ERROR ? ` and ${ids.length - NAMED_IN_ERROR} more` : ''
  const noun = ids.length === 1 ? 'Event' : 'Events'
  return new AppError('event.unknown', { detail: `${noun} ${named.join(', ')}${more} not found.` })
}
