import {
  AppError,
  type DatapointKey,
  type DatapointQuery,
  type EventId,
  type Micros,
  parseDatapointId,
  type QualityFilter,
} from '@webmacs/contracts'
import { moment, type Tables } from '@webmacs/database'
import { momentIn } from '@webmacs/http-kit/moments'
import { invalidField } from '@webmacs/http-kit/schema-validation'
import { type Kysely, type RawBuilder, sql } from 'kysely'

/** A stretch of time, `[from, to)`. */
export interface Stretch {
  readonly from: Micros
  readonly to: Micros
}

/** A place in the list: what follows is older, or as old and of an event with a higher key. */
export interface Position {
  readonly time: Micros
  readonly eventKey: number
}

/** What of the datapoints a list shows. */
export interface ListScope {
  /** SQL of an `int4[]` with the keys of the events. */
  readonly events: RawBuilder<unknown>
  readonly quality: QualityFilter
  /** Newest first; they neither overlap nor are empty. */
  readonly stretches: readonly Stretch[]
  /** Reaches before retention's limit: what is left there, its rollups do not say exactly. */
  readonly isSpared: boolean
  readonly after: Position | undefined
  /** Coarse rollups exist for the hours before it. */
  readonly closedUntil: Micros
  /** The event with the highest key. */
  readonly lastEvent: EventId | undefined
}

interface ScopeRow {
  readonly raw_from: Micros
  readonly closed_until: Micros
  readonly event: number | null
  readonly cursor_event: number | null
  readonly last_event: EventId | null
  readonly experiment: number | null
  readonly experiment_from: Micros | null
  readonly experiment_to: Micros | null
  readonly kept_from: Micros | null
  readonly kept_to: Micros | null
}

/** Later than any datapoint, and exact as a number. */
const FAR: Micros = Date.parse('2255-01-01T00:00:00Z') * 1000

/** @throws AppError `event.unknown`, `experiment.unknown`, `request.invalid` that names the field */
export async function resolveScope(db: Kysely<Tables>, query: DatapointQuery): Promise<ListScope> {
  const asked = askedStretch(query)
  const cursor = cursorIn(query)
  const rows = await readScope(db, query, asked, cursor)
  const [state] = rows
  if (state === undefined) throw new Error('the historian has no state')
  if (query.event !== undefined && state.event === null) {
    throw new AppError('event.unknown', { detail: `Event '${query.event}' not found.` })
  }
  if (query.experiment !== undefined && state.experiment === null) {
    throw new AppError('experiment.unknown', { detail: `Experiment '${query.experiment}' not found.` })
  }
  if (cursor !== undefined && state.cursor_event === null) throw noCursor(query.cursor)
  const whole = query.experiment === undefined ? asked : common(asked, windowOf(state))
  const held = common(whole, { from: state.raw_from, to: FAR })
  const spared = rows
    .filter(({ kept_from }) => kept_from !== null)
    .map(({ kept_from, kept_to }) => ({ from: kept_from ?? FAR, to: kept_to ?? FAR }))
    .map((kept) => common(common(whole, kept), { from: 0, to: state.raw_from }))
    .filter(isSome)
    .toSorted((a, b) => b.from - a.from)
  return {
    events: state.event === null ? ALL_EVENTS : sql`ARRAY[${state.event}::int]`,
    quality: query.quality,
    stretches: [held, ...spared].filter(isSome),
    isSpared: spared.length > 0,
    after: cursor && { time: cursor.time, eventKey: state.cursor_event ?? 0 },
    closedUntil: state.closed_until,
    lastEvent: state.last_event ?? undefined,
  }
}

function askedStretch(query: DatapointQuery): Stretch {
  const from = query.from === undefined ? 0 : momentIn('query.from', query.from)
  const to = query.to === undefined ? FAR : momentIn('query.to', query.to)
  if (query.from !== undefined && query.to !== undefined && from >= to) {
    throw invalidField('query.from', 'must be before query.to', query.from)
  }
  return { from: Math.min(Math.max(from, 0), FAR), to: Math.min(Math.max(to, 0), FAR) }
}

function cursorIn({ cursor }: DatapointQuery): DatapointKey | undefined {
  if (cursor === undefined) return undefined
  const key = parseDatapointId(cursor)
  if (key === undefined) throw noCursor(cursor)
  return key
}

const noCursor = (cursor: string | undefined): AppError =>
  invalidField('query.cursor', 'must be what next_cursor said, or the id of a datapoint', cursor)

/** Everything that a scope needs in one statement; a row for each experiment of which something was spared. */
async function readScope(
  db: Kysely<Tables>,
  { event, experiment }: DatapointQuery,
  asked: Stretch,
  cursor: DatapointKey | undefined,
): Promise<ScopeRow[]> {
  const keyOf = (id: string | undefined) =>
    id === undefined ? sql`NULL::int` : sql`(SELECT id FROM events WHERE public_id = ${id})`
  const last = event === undefined ? sql`(SELECT public_id FROM events ORDER BY id DESC LIMIT 1)` : sql`${event}::text`
  const events = event === undefined ? ALL_EVENTS : sql`ARRAY[${keyOf(event)}]`
  const { rows } = await sql<ScopeRow>`
    SELECT raw_from, closed_until, ${keyOf(event)} AS event, ${keyOf(cursor?.event)} AS cursor_event, ${last} AS last_event,
      asked.id AS experiment, asked.started_on AS experiment_from, asked.stopped_on AS experiment_to, kept_from, kept_to
    FROM historian_state
    LEFT JOIN experiments asked ON asked.public_id = ${experiment ?? null}
    LEFT JOIN LATERAL (
      SELECT ${sparedSince(events)} AS kept_from, part.stop AS kept_to
      FROM experiments kept CROSS JOIN LATERAL (
        SELECT greatest(started_on, ${moment(asked.from)}) AS start, least(stopped_on, raw_from, ${moment(asked.to)}) AS stop
      ) part
      WHERE kept.keep AND kept.id = coalesce(asked.id, kept.id) AND part.start < part.stop
    ) spared ON kept_from IS NOT NULL`.execute(db)
  return rows
}

const ALL_EVENTS = sql`(SELECT array_agg(id) FROM events)::int[]`

/**
 * SQL for the moment from which on datapoints of a part of an experiment are there, because it may have been marked when older ones were gone;
 * null: all are gone. Retention removes the oldest first. Mostly the first look says it; otherwise it takes one at each event.
 */
function sparedSince(events: RawBuilder<unknown>): RawBuilder<Micros | null> {
  const firstRows = (until: RawBuilder<unknown>) => sql`
    unnest(${events}) AS listed (id) CROSS JOIN LATERAL (
      SELECT ts FROM datapoints WHERE event_id = listed.id AND ts >= part.start AND ts < ${until} ORDER BY ts LIMIT 1
    ) first`
  return sql<Micros | null>`
    CASE WHEN EXISTS (SELECT FROM ${firstRows(sql`least(part.start + interval '1 hour', part.stop)`)}) THEN part.start
      ELSE (SELECT min(first.ts) FROM ${firstRows(sql`part.stop`)}) END`
}

const windowOf = ({ experiment_from, experiment_to }: ScopeRow): Stretch => ({
  from: experiment_from ?? FAR,
  to: experiment_to ?? FAR,
})

const common = (one: Stretch, other: Stretch): Stretch => ({
  from: Math.max(one.from, other.from),
  to: Math.min(one.to, other.to),
})

const isSome = ({ from, to }: Stretch): boolean => from < to

/** SQL for "in this stretch", for a `timestamptz` or a bucket's start. */
export const within = (column: string, { from, to }: Stretch): RawBuilder<boolean> =>
  sql<boolean>`(${sql.ref(column)} >= ${moment(from)} AND ${sql.ref(column)} < ${moment(to)})`
