import { type Datapoint, type EventId, formatTime, GOOD, type Micros, type SeriesRequest } from '@webmacs/contracts'
import { experimentAt, moment, type Tables } from '@webmacs/database'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { type DatapointRow, datapointAnswer, isShown } from './datapoint-answer.ts'
import { thinPoints } from './thin-points.ts'

/** Reading this many rows and reducing them in the database takes some 50 ms; beyond it the minutes' rollups are read instead. */
const MOST_RAW_ROWS = 50_000
const MINUTE: Micros = 60_000_000

interface SeriesEvent {
  readonly id: number
  readonly event: EventId
  /** Readings in the window, counted by the minutes that it touches. */
  readonly readings: number
  /** Times of the first and the last reading in the window; null without any. */
  readonly first: Micros | null
  readonly last: Micros | null
}

type SeriesPoint = Omit<DatapointRow, 'event'> & { readonly event_id: number }

/**
 * The past of up to twenty events for a chart: at most `max_points` each, ascending, with the first and the last reading of the window and
 * the lowest and highest of each stretch of it. Events with few readings come as they were stored. Takes three statements, however many
 * events and readings there are.
 * @param now end of the window that `minutes` counts back from; readings ahead of it (a clock that is fast) are included
 */
export async function readSeries(
  db: Kysely<Tables>,
  { event_public_ids, minutes, max_points }: SeriesRequest,
  now: Micros,
): Promise<Record<string, Datapoint[]>> {
  const from = now - minutes * MINUTE
  const events = await findEvents(db, event_public_ids, from)
  const sparse = events.filter(({ readings }) => readings <= max_points)
  const dense = events.filter(({ readings }) => readings > max_points)
  const points = (
    await Promise.all([readAll(db, sparse, from), readReduced(db, dense, from, Math.floor((max_points - 2) / 2))])
  ).flat()
  const byId = Map.groupBy(points, ({ event_id }) => event_id)
  const byEvent = new Map(events.map(({ id, event }) => [event as string, { event, points: byId.get(id) ?? [] }]))
  // A key for each id that was asked, in the order of asking; an id that is unknown has no readings.
  return Object.fromEntries(
    event_public_ids.map((asked) => {
      const found = byEvent.get(asked)
      return [asked, found === undefined ? [] : answer(found.event, found.points, max_points)]
    }),
  )
}

function answer(event: EventId, points: readonly SeriesPoint[], most: number): Datapoint[] {
  const ascending = points.toSorted((one, other) => one.ts - other.ts)
  const distinct = ascending.filter(({ ts }, position) => ts !== ascending[position - 1]?.ts)
  return thinPoints(distinct, most).map((point) => datapointAnswer({ ...point, event }))
}

async function findEvents(db: Kysely<Tables>, ids: readonly string[], from: Micros): Promise<SeriesEvent[]> {
  const { rows } = await sql<SeriesEvent>`
    SELECT events.id, events.public_id AS event, (
      SELECT coalesce(sum(count), 0)::int8 FROM datapoint_rollups
      WHERE event_id = events.id AND resolution = 60 AND bucket >= ${moment(from - MINUTE)}
    ) AS readings, ${endAt(from, 'asc')} AS first, ${endAt(from, 'desc')} AS last
    FROM events WHERE public_id = ANY(${[...new Set(ids)]}::text[])
  `.execute(db)
  return rows
}

async function readAll(db: Kysely<Tables>, events: readonly SeriesEvent[], from: Micros): Promise<SeriesPoint[]> {
  if (events.length === 0) return []
  const { rows } = await sql<SeriesPoint>`
    SELECT event_id, ts, value, quality, ${experimentAt(sql.ref('datapoints.ts'))} AS experiment
    FROM datapoints WHERE event_id = ANY(${keysOf(events)}::int4[]) AND ts >= ${moment(from)} AND ${isShown('datapoints')}
  `.execute(db)
  return rows
}

/**
 * Lowest and highest of each stretch between an event's first and last reading, and these two. Of rollups, the quality is not known and
 * counts as good: bad readings are not in them.
 */
async function readReduced(
  db: Kysely<Tables>,
  events: readonly SeriesEvent[],
  from: Micros,
  stretches: number,
): Promise<SeriesPoint[]> {
  if (events.length === 0) return []
  const ids = sql`${keysOf(events)}::int4[]`
  const readings = events.reduce((sum, event) => sum + event.readings, 0)
  const source = readings <= MOST_RAW_ROWS ? rawRows(ids, from) : rollupRows(ids, from)
  const spans = events.map((event) => spanOf(event, from, stretches))
  // A row is compared field by field: the lowest value first, then the earliest of them.
  const { rows } = await sql<SeriesPoint>`
    WITH wanted AS (
      SELECT id, first, width * interval '1 microsecond' AS width, last_stretch FROM unnest(
        ${ids}, ${spans.map(({ first }) => formatTime(first))}::timestamptz[], ${spans.map(({ width }) => width)}::float8[],
        ${spans.map(({ lastStretch }) => formatTime(lastStretch))}::timestamptz[]
      ) AS span (id, first, width, last_stretch)
    ),
    source AS (${source}),
    extremes AS (
      SELECT event_id, min(ROW(low, low_at, low_quality)) AS lowest, max(ROW(high, high_at, high_quality)) AS highest
      FROM source JOIN wanted ON id = event_id
      GROUP BY event_id, date_bin(width, least(greatest(at, first), last_stretch), first)
    ),
    chosen AS (
      SELECT event_id, to_jsonb(lowest) AS point FROM extremes
      UNION ALL SELECT event_id, to_jsonb(highest) FROM extremes
    ),
    points AS (
      SELECT event_id, (point->>'f1')::float8 AS value, (point->>'f2')::timestamptz AS ts, (point->>'f3')::int2 AS quality FROM chosen
      UNION ALL ${endOf(ids, from, 'asc')}
      UNION ALL ${endOf(ids, from, 'desc')}
    )
    SELECT *, ${experimentAt(sql.ref('points.ts'))} AS experiment FROM points
  `.execute(db)
  return rows
}

/** Where the readings of an event lie, cut into stretches of equal length. */
function spanOf({ first, last }: SeriesEvent, from: Micros, stretches: number) {
  const start = first ?? from
  const width: Micros = Math.max(1, Math.ceil(((last ?? start) - start) / stretches))
  return { first: start, width, lastStretch: start + width * (stretches - 1) }
}

const rawRows = (ids: RawBuilder<unknown>, from: Micros): RawBuilder<unknown> => sql`
  SELECT event_id, ts AS at, value AS low, ts AS low_at, quality AS low_quality, value AS high, ts AS high_at, quality AS high_quality
  FROM datapoints WHERE event_id = ANY(${ids}) AND ts >= ${moment(from)} AND ${isShown('datapoints')}`

/** Whole minutes from their rollups, and the part of a minute before the first of them as it was stored. */
function rollupRows(ids: RawBuilder<unknown>, from: Micros): RawBuilder<unknown> {
  const firstMinute = moment(Math.ceil(from / MINUTE) * MINUTE)
  const good = sql.lit(GOOD)
  return sql`
    SELECT event_id, bucket AS at, min AS low, min_at AS low_at, ${good} AS low_quality, max AS high, max_at AS high_at, ${good} AS high_quality
    FROM datapoint_rollups WHERE event_id = ANY(${ids}) AND resolution = 60 AND bucket >= ${firstMinute}
    UNION ALL ${rawRows(ids, from)} AND ts < ${firstMinute}`
}

/** SQL for the first (`asc`) or last readings since `from` of an event, by one look into an index. */
const endsOf = (event: RawBuilder<unknown>, from: Micros, direction: 'asc' | 'desc'): RawBuilder<unknown> => sql`
  FROM datapoints WHERE event_id = ${event} AND ts >= ${moment(from)} AND ${isShown('datapoints')}
  ORDER BY ts ${sql.raw(direction)} LIMIT 1`

const endAt = (from: Micros, direction: 'asc' | 'desc'): RawBuilder<unknown> =>
  sql`(SELECT ts ${endsOf(sql.ref('events.id'), from, direction)})`

const endOf = (ids: RawBuilder<unknown>, from: Micros, direction: 'asc' | 'desc'): RawBuilder<unknown> => sql`
  SELECT event_id, value, ts, quality FROM unnest(${ids}) AS end_of (id),
    LATERAL (SELECT * ${endsOf(sql.ref('end_of.id'), from, direction)}) found`

const keysOf = (events: readonly SeriesEvent[]): number[] => events.map(({ id }) => id)
