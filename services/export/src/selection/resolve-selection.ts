import { AppError, type EventId, type EventType, type ExperimentId, type Micros } from '@webmacs/contracts'
import { binned, moment } from '@webmacs/database'
import { sql } from 'kysely'
import { keysOf, partsOf, type Range, summaries } from '../snapshot/parts.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import type { CheckedSelection } from './check-selection.ts'

export interface ExportedEvent {
  /** Of its row, as datapoints name it. */
  readonly key: number
  readonly public_id: EventId
  readonly name: string
  readonly unit: string
  readonly type: EventType
  readonly min_value: number
  readonly max_value: number
  readonly description: string | null
}

export interface ExportedExperiment {
  readonly public_id: ExperimentId
  readonly name: string
  readonly started_on: Micros | null
  readonly stopped_on: Micros | null
}

/** What a selection means in a snapshot of the database. */
export interface ResolvedSelection extends CheckedSelection {
  readonly range: Range
  readonly experiment: ExportedExperiment | null
  /** Those asked for in that order; else those that have anything in the range, oldest first. */
  readonly events: readonly ExportedEvent[]
  /** Shown readings in the range. */
  readonly readings: number
}

/** @throws AppError `experiment.unknown`, `event.unknown` */
export async function resolveSelection(snapshot: Snapshot, checked: CheckedSelection): Promise<ResolvedSelection> {
  const { selection } = checked
  const experiment =
    selection.experiment === undefined ? null : await findExperiment(snapshot, selection.experiment as ExperimentId)
  const range = await rangeOf(snapshot, checked, experiment)
  const asked = selection.events === undefined ? undefined : await findEvents(snapshot, selection.events)
  const candidates = asked ?? (await allEvents(snapshot))
  const ranges = checked.seconds < 60 ? await readableRanges(snapshot, range) : [range]
  const counts = await countReadings(snapshot, candidates, ranges)
  const events = asked ?? (await eventsWithReadings(snapshot, candidates, counts, checked, range))
  const readings = events.reduce((sum, { key }) => sum + (counts.get(key) ?? 0), 0)
  return { ...checked, range, experiment, events, readings }
}

async function findExperiment(snapshot: Snapshot, id: ExperimentId): Promise<ExportedExperiment> {
  const [experiment] = await snapshot.rows(
    sql<ExportedExperiment>`SELECT public_id, name, started_on, stopped_on FROM experiments WHERE public_id = ${id}`,
  )
  if (experiment === undefined) throw new AppError('experiment.unknown', { detail: `Experiment '${id}' not found.` })
  return experiment
}

/** The experiment's time, narrowed by what was asked for; up to now where nothing says otherwise. Empty where they do not meet. */
async function rangeOf(
  snapshot: Snapshot,
  { from, to }: CheckedSelection,
  experiment: ExportedExperiment | null,
): Promise<Range> {
  const [clock] = await snapshot.rows(sql<{ now: Micros }>`SELECT now()`)
  const now = clock?.now ?? 0
  const began = experiment === null ? Number.NEGATIVE_INFINITY : (experiment.started_on ?? now)
  const start = Math.max(from ?? Number.NEGATIVE_INFINITY, began)
  // Without an experiment what was asked for counts: readings may be dated ahead by a day.
  const ended = experiment === null ? (to ?? now) : (experiment.stopped_on ?? now)
  const end = Math.min(to ?? Number.POSITIVE_INFINITY, ended)
  return { from: start, to: Math.max(start, end) }
}

const EVENT_COLUMNS = sql.raw('id AS key, public_id, name, unit, type, min_value, max_value, description')

/** Retired ones too: what they measured stays. */
async function findEvents(snapshot: Snapshot, ids: readonly string[]): Promise<ExportedEvent[]> {
  const found = await snapshot.rows(
    sql<ExportedEvent>`SELECT ${EVENT_COLUMNS} FROM events WHERE public_id = ANY(${[...ids]}::text[])`,
  )
  const byId = new Map<string, ExportedEvent>(found.map((event) => [event.public_id, event]))
  return ids.map((id) => {
    const event = byId.get(id)
    if (event === undefined) throw new AppError('event.unknown', { detail: `Event '${id}' not found.` })
    return event
  })
}

const allEvents = (snapshot: Snapshot): Promise<ExportedEvent[]> =>
  snapshot.rows(sql<ExportedEvent>`SELECT ${EVENT_COLUMNS} FROM events ORDER BY id`)

/**
 * Where readings are still kept: what retention took away lives on in rollups, but cannot be exported one by one. It spares the whole hours of
 * experiments that are kept, and hours that two of them share are there once.
 */
async function readableRanges(snapshot: Snapshot, range: Range): Promise<Range[]> {
  const [state] = await snapshot.rows(sql<{ raw_from: Micros }>`SELECT raw_from FROM historian_state`)
  const cut = Math.min(Math.max(state?.raw_from ?? range.from, range.from), range.to)
  if (cut === range.from) return [range]
  const [start, end] = [moment(range.from), moment(cut)]
  const kept = await snapshot.rows(sql<Range>`
    SELECT lower(span) AS "from", upper(span) AS "to"
    FROM (
      SELECT range_agg(tstzrange(greatest(began, ${start}), least(ended, ${end}))) AS spans
      FROM (
        SELECT ${binned(3600, sql.ref('started_on'))} AS began,
          coalesce(${binned(3600, sql.ref('stopped_on'))} + interval '1 hour', ${end}) AS ended
        FROM experiments WHERE keep AND started_on < ${end}
      ) hours
      WHERE ended > greatest(began, ${start})
    ) merged, unnest(spans) AS span
    ORDER BY 1`)
  return [...kept, { from: cut, to: range.to }]
}

/** Shown readings of each event in the range: exact, and from few rows, for all that is whole comes from the coarsest rollups. */
async function countReadings(
  snapshot: Snapshot,
  events: readonly ExportedEvent[],
  ranges: readonly Range[],
): Promise<Map<number, number>> {
  const parts = ranges.flatMap((range) => partsOf(range, 86_400))
  if (parts.length === 0 || events.length === 0) return new Map()
  const rows = await snapshot.rows(
    sql<{ event_id: number; count: number }>`
      SELECT event_id, sum(count)::int8 AS count FROM ${summaries(keysOf(events), parts)} GROUP BY event_id`,
  )
  return new Map(rows.map(({ event_id, count }) => [event_id, count]))
}

async function eventsWithReadings(
  snapshot: Snapshot,
  events: readonly ExportedEvent[],
  counts: ReadonlyMap<number, number>,
  { selection }: CheckedSelection,
  { from, to }: Range,
): Promise<readonly ExportedEvent[]> {
  if (!selection.include_bad) return events.filter(({ key }) => counts.has(key))
  // Bad ones are not in rollups; one look into the index tells of each event whether there is any.
  const rows = await snapshot.rows(sql<{ key: number }>`
    SELECT key FROM unnest(${keysOf(events)}) AS key
    WHERE EXISTS (SELECT FROM datapoints WHERE event_id = key AND ts >= ${moment(from)} AND ts < ${moment(to)})`)
  const present = new Set(rows.map(({ key }) => key))
  return events.filter(({ key }) => present.has(key))
}
