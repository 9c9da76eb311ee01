import { type Datapoint, type EventId, GOOD, type Micros, type SeriesRequest } from '@webmacs/contracts'
import { experimentAt, moment, type Tables } from '@webmacs/database'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { type DatapointRow, datapointAnswer, isShown } from './datapoint-answer.ts'
import { thinPoints } from './thin-points.ts'

/** Reading this many rows and reducing them in the database takes some 50 ms; beyond it the minutes' rollups are read instead. */
const MOST_RAW_ROWS = 50_000
const MINUTE: Micros = 60_000_000

interface Window {
  readonly from: Micros
  readonly to: Micros
}

interface SeriesEvent {
  readonly id: number
  readonly event: EventId
  /** Readings in the window, counted by the minutes that it touches. */
  readonly readings: number
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
  const window = { from: now - minutes * MINUTE, to: now }
  const events = await findEvents(db, event_public_ids, window)
  const sparse = events.filter(({ readings }) => readings <= max_points)
  const dense = events.filter(({ readings }) => readings > max_points)
  const points = (
    await Promise.all([readAll(db, sparse, window), readReduced(db, dense, window, Math.floor((max_points - 2) / 2))])
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

async function findEvents(db: Kysely<Tables>, ids: readonly string[], { from }: Window): Promise<SeriesEvent[]> {
  const { rows } = await sql<SeriesEvent>`
    SELECT events.id, events.public_id AS event, (
      SELECT coalesce(sum(count), 0)::int8 FROM datapoint_rollups
      WHERE event_id = events.id AND resolution = 60 AND bucket >= ${moment(from - MINUTE)}
    ) AS readings
    FROM events WHERE public_id = ANY(${[...new Set(ids)]}::text[])
  `.execute(db)
  return rows
}

async function readAll(db: Kysely<Tables>, events: readonly SeriesEvent[], { from }: Window): Promise<SeriesPoint[]> {
  if (events.length === 0) return []
  const { rows } = await sql<SeriesPoint>`
    SELECT event_id, ts, value, quality, ${experimentAt(sql.ref('datapoints.ts'))} AS experiment
    FROM datapoints WHERE event_id = ANY(${keysOf(events)}::int4[]) AND ts >= ${moment(from)} AND ${isShown('datapoints')}
  `.execute(db)
  return rows
}

/**
 * Lowest and highest of each stretch, and the ends of the window. Of rollups, the quality is not known and counts as good: bad readings are
 * not in them.
 */
async function readReduced(
  db: Kysely<Tables>,
  events: readonly SeriesEvent[],
  window: Window,
  stretches: number,
): Promise<SeriesPoint[]> {
  if (events.length === 0) return []
  const ids = sql`${keysOf(events)}::int4[]`
  const from = moment(window.from)
  const readings = events.reduce((sum, event) => sum + event.readings, 0)
  const source = readings <= MOST_RAW_ROWS ? rawRows(ids, window.from) : rollupRows(ids, window.from)
  const width: Micros = Math.ceil((window.to - window.from) / stretches)
  const lastStretch = moment(window.to - width)
  // A row is compared field by field: the lowest value first, then the earliest of them.
  const { rows } = await sql<SeriesPoint>`
    WITH source AS (${source}),
    extremes AS (
      SELECT event_id, min(ROW(low, low_at, low_quality)) AS lowest, max(ROW(high, high_at, high_quality)) AS highest
      FROM source GROUP BY event_id, date_bin(make_interval(secs => ${width / 1e6}), least(at, ${lastStretch}), ${from})
    ),
    chosen AS (
      SELECT event_id, to_jsonb(lowest) AS point FROM extremes
      UNION ALL SELECT event_id, to_jsonb(highest) FROM extremes
    ),
    points AS (
      SELECT event_id, (point->>'f1')::float8 AS value, (point->>'f2')::timestamptz AS ts, (point->>'f3')::int2 AS quality FROM chosen
      UNION ALL ${endOf(ids, window.from, 'asc')}
      UNION ALL ${endOf(ids, window.from, 'desc')}
    )
    SELECT *, ${experimentAt(sql.ref('points.ts'))} AS experiment FROM points
  `.execute(db)
  return rows
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

const endOf = (ids: RawBuilder<unknown>, from: Micros, direction: 'asc' | 'desc'): RawBuilder<unknown> => sql`
  SELECT event_id, value, ts, quality FROM unnest(${ids}) AS wanted (id), LATERAL (
    SELECT * FROM datapoints WHERE event_id = wanted.id AND ts >= ${moment(from)} AND ${isShown('datapoints')}
    ORDER BY ts ${sql.raw(direction)} LIMIT 1
  ) found`

const keysOf = (events: readonly SeriesEvent[]): number[] => events.map(({ id }) => id)
