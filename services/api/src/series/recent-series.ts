import {
  type Datapoint,
  type EventId,
  GOOD,
  type Micros,
  type QualityBits,
  type SeriesRequest,
} from '@webmacs/contracts'
import { moment, ROLLUP_LEVELS, type RollupLevel, type Tables } from '@webmacs/database'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { datapointAnswer, isShown } from '../datapoints/datapoint-answer.ts'
import { experimentOf, experimentsSince } from './experiment-windows.ts'
import { type Extremes, type RecentPoint, readExtremes } from './read-extremes.ts'
import { readReadings } from './read-readings.ts'
import { thinPoints } from './thin-points.ts'
import { MINUTE, SECOND } from './widths.ts'

/** So many readings are read to be reduced here, those of the events that have fewest first; it takes some 30 ms. Of the others, rollups are. */
const MOST_RAW_ROWS = 50_000
/** Readings are accepted up to a day ahead of the clock. */
const FARTHEST_AHEAD: Micros = 2 * 86_400 * SECOND

interface RecentEvent {
  readonly id: number
  readonly event: EventId
  /** The first and the last reading of the window; null without any. */
  readonly first: RecentPoint | null
  readonly last: RecentPoint | null
}

/**
 * The past of up to twenty events for a chart: at most `max_points` each, ascending, with the first and the last reading of the window and
 * the lowest and highest of each stretch of it. Events with few readings come as they were stored. Takes four statements, however many
 * events and readings there are. What retention has removed is not in it.
 * @param now end of the window that `minutes` counts back from; readings ahead of it (a clock that is fast) are included
 */
export async function readRecentSeries(
  db: Kysely<Tables>,
  { event_public_ids, minutes, max_points }: SeriesRequest,
  now: Micros,
): Promise<Record<string, Datapoint[]>> {
  const range = { from: now - minutes * MINUTE, to: now + FARTHEST_AHEAD }
  const events = await findRecentEvents(db, event_public_ids, range.from)
  const firsts = events.flatMap(({ first }) => first?.ts ?? [])
  if (firsts.length === 0) return Object.fromEntries(event_public_ids.map((asked) => [asked, []]))
  const present = { ...range, from: Math.max(range.from, Math.min(...firsts)) }
  const [extremes, windows] = await Promise.all([
    readExtremes(db, events, present, levelFor(events, Math.floor((max_points - 2) / 2))),
    experimentsSince(db, range.from),
  ])
  const few = withFewest(events, extremes)
  const readings = await readReadings(db, few, present, { most: MOST_RAW_ROWS, isShown: true })
  const points = new Map(
    events.map((event) => {
      const stored = readings?.get(event.id)
      const all = stored === undefined ? withEnds(event, extremes.get(event.id)) : pointsOf(stored)
      return [event.event as string, thinPoints(all, max_points)]
    }),
  )
  // A key for each id that was asked, in the order of asking; an id that is unknown has no readings.
  return Object.fromEntries(
    event_public_ids.map((asked) => {
      const found = points.get(asked) ?? []
      const event = asked as EventId // only known ones have points
      return [
        asked,
        found.map((point) => datapointAnswer({ ...point, event, experiment: experimentOf(windows, point.ts) })),
      ]
    }),
  )
}

async function findRecentEvents(db: Kysely<Tables>, ids: readonly string[], from: Micros): Promise<RecentEvent[]> {
  const { rows } = await sql<{ id: number; event: EventId } & Record<End, Micros | null> & EndFacts>`
    SELECT events.id, public_id AS event,
      first.ts AS first, first.value AS first_value, first.quality AS first_quality,
      last.ts AS last, last.value AS last_value, last.quality AS last_quality
    FROM events LEFT JOIN LATERAL (${endOf(from, 'asc')}) first ON true LEFT JOIN LATERAL (${endOf(from, 'desc')}) last ON true
    WHERE public_id = ANY(${[...new Set(ids)]}::text[])
  `.execute(db)
  return rows.map(({ id, event, ...row }) => ({
    id,
    event,
    first: row.first === null ? null : { ts: row.first, value: row.first_value, quality: row.first_quality },
    last: row.last === null ? null : { ts: row.last, value: row.last_value, quality: row.last_quality },
  }))
}

type End = 'first' | 'last'
type EndFacts = Record<`${End}_value` | `${End}_quality`, number>

/** SQL for the first (`asc`) or last reading of an event since `from`, by one look into an index. */
const endOf = (from: Micros, direction: 'asc' | 'desc'): RawBuilder<unknown> => sql`
  SELECT ts, value, quality FROM datapoints
  WHERE event_id = events.id AND ts >= ${moment(from)} AND ${isShown('datapoints')}
  ORDER BY ts ${sql.raw(direction)} LIMIT 1`

/** The coarsest rollups that still give half of the stretches, over the time from the first reading to the last: the window may be mostly empty. */
function levelFor(events: readonly RecentEvent[], stretches: number): RollupLevel {
  const firsts = events.flatMap(({ first }) => first?.ts ?? [])
  const lasts = events.flatMap(({ last }) => last?.ts ?? [])
  const span = firsts.length === 0 ? 0 : Math.max(...lasts) - Math.min(...firsts)
  return ROLLUP_LEVELS.findLast((level) => (span / (level * SECOND)) * 2 >= stretches) ?? ROLLUP_LEVELS[0]
}

function withFewest(events: readonly RecentEvent[], extremes: ReadonlyMap<number, Extremes>): RecentEvent[] {
  const readingsOf = ({ id }: RecentEvent): number => extremes.get(id)?.readings ?? 0
  let rows = 0
  return events
    .toSorted((one, other) => readingsOf(one) - readingsOf(other))
    .filter((event) => {
      rows += readingsOf(event)
      return rows <= MOST_RAW_ROWS
    })
}

const pointsOf = ({ time, value, quality }: Columns): RecentPoint[] =>
  time.flatMap((ts, place) => {
    const shown = value[place] ?? null
    return shown === null ? [] : { ts, value: shown, quality: quality[place] ?? GOOD }
  })

interface Columns {
  readonly time: readonly Micros[]
  readonly value: readonly (number | null)[]
  readonly quality: readonly QualityBits[]
}

/** The ends are known exactly; what lies between comes from rollups, each point once. */
function withEnds({ first, last }: RecentEvent, extremes: Extremes | undefined): RecentPoint[] {
  const all = [first, ...(extremes?.points ?? []), last].filter((point) => point !== null)
  const ascending = all.toSorted((one, other) => one.ts - other.ts)
  return ascending.filter(({ ts }, place) => ts !== ascending[place - 1]?.ts)
}
