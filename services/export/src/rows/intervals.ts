import { binned } from '@webmacs/database'
import { type RawBuilder, sql } from 'kysely'
import type { ResolvedSelection } from '../selection/resolve-selection.ts'
import { keysOf, partsOf, type Range, summaries } from '../snapshot/parts.ts'
import { slicesOf } from '../snapshot/slices.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { countsOf } from './counts.ts'

const MINUTE = 60
/** Cells (events times intervals) that a slice has at most. */
const MOST_CELLS = 200_000
const FIRST_CELLS = 2000
const GROWTH = 8

interface Intervals {
  readonly snapshot: Snapshot
  readonly resolved: ResolvedSelection
  /** Whether stretches without readings are passed over. */
  readonly skipsEmpty: boolean
}

/**
 * The range in slices of whole intervals. From readings they are cut by how many there are, from rollups by time: of these each interval has
 * one at most. The ends of the range cut intervals short, so that nothing from outside is in them.
 */
export function intervalSlices({ snapshot, resolved, skipsEmpty }: Intervals): AsyncIterable<Range> | Iterable<Range> {
  const { range, events, seconds } = resolved
  if (events.length === 0 || range.from >= range.to) return []
  if (seconds >= MINUTE) return evenSlices(resolved)
  const longestSeconds = Math.max(1, Math.floor(MOST_CELLS / events.length)) * seconds
  return slicesOf({ ...range, align: seconds, skipsEmpty, longestSeconds, counts: countsOf(snapshot, keysOf(events)) })
}

function* evenSlices({ range, events, seconds }: ResolvedSelection): Generator<Range, void, void> {
  const micros = seconds * 1_000_000
  let cells = FIRST_CELLS
  for (let { from } = range; from < range.to; ) {
    const intervals = Math.max(1, Math.floor(cells / events.length))
    const to = Math.min((Math.floor(from / micros) + intervals) * micros, range.to)
    yield { from, to }
    from = to
    cells = Math.min(cells * GROWTH, MOST_CELLS)
  }
}

/** What is told of an interval: SQL over its summaries, each as float8. */
export const OF_INTERVAL = {
  count: sql`sum(count)::float8`,
  min: sql`min(min)`,
  mean: sql`sum(sum) / sum(count)::float8`,
  max: sql`max(max)`,
  first: sql`(array_agg(first ORDER BY first_at))[1]`,
  last: sql`(array_agg(last ORDER BY last_at DESC))[1]`,
  firstAt: sql`(extract(epoch FROM min(first_at)) * 1000000)::float8`,
  lastAt: sql`(extract(epoch FROM max(last_at)) * 1000000)::float8`,
} as const satisfies Record<string, RawBuilder<unknown>>

/** SQL of rows `(interval, event, …)` of a slice that have any reading, by interval and event. */
export function intervalRows(
  { events, seconds }: ResolvedSelection,
  slice: Range,
  columns: readonly (keyof typeof OF_INTERVAL)[],
): RawBuilder<unknown> {
  const parts = partsOf(slice, seconds)
  const asked = sql.join(columns.map((column) => OF_INTERVAL[column]))
  return sql`
    SELECT ${binned(seconds, sql.ref('bucket'))} AS bucket, event_id, ${asked}
    FROM ${summaries(keysOf(events), parts)} GROUP BY 1, 2 ORDER BY 1, 2`
}
