import type { Micros } from '@webmacs/contracts'
import type { ResolvedSelection } from '../selection/resolve-selection.ts'
import { copiedRows } from '../snapshot/copied-rows.ts'
import { ceilTo, type Range } from '../snapshot/parts.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import type { RowBatch } from '../table/table.ts'
import { intervalRows, intervalSlices } from './intervals.ts'
import { type Neighbour, neighbours } from './neighbours.ts'
import { BATCH_ROWS, positionsOf, type RowSource } from './row-source.ts'
import { WideRows, wideTable } from './wide-columns.ts'

/**
 * A row for each start of an interval at which any event lies between two readings: on the line between them. The readings next to a start are
 * the last one of the nearest interval before and the first one of the nearest from it on, so summaries tell all that is needed.
 */
export function wideLinear(snapshot: Snapshot, resolved: ResolvedSelection): RowSource {
  const { events, range } = resolved
  const positions = positionsOf(events)
  return {
    table: wideTable(events),
    expectedRows: null,
    async *batches() {
      if (events.length === 0) return
      const before = await neighbours(snapshot, resolved, 'before', range.from)
      const columns = events.map(({ key }) => new InterpolatedColumn(before.get(key)))
      for await (const slice of intervalSlices({ snapshot, resolved, skipsEmpty: false })) {
        const grid = gridOf(slice, resolved.seconds)
        for (const column of columns) column.begin(grid)
        const chunks = snapshot.copy(intervalRows(resolved, slice, ['first', 'firstAt', 'last', 'lastAt']))
        for await (const { rows, events: keys, numbers } of copiedRows(chunks, { numbers: 4, most: BATCH_ROWS })) {
          const [first = [], firstAt = [], last = [], lastAt = []] = numbers
          for (let row = 0; row < rows; row += 1) {
            const column = columns[positions[keys[row] ?? 0] ?? 0]
            column?.reach({ value: first[row] ?? 0, time: firstAt[row] ?? 0 })
            column?.leave({ value: last[row] ?? 0, time: lastAt[row] ?? 0 })
          }
        }
        const after = await neighbours(snapshot, resolved, 'after', slice.to)
        for (const [position, { key }] of events.entries()) columns[position]?.end(after.get(key))
        yield* rowsOf(grid, columns)
      }
    },
  }
}

interface Grid {
  readonly start: Micros
  readonly step: number
  readonly length: number
}

/** The starts of intervals within a slice. */
function gridOf({ from, to }: Range, seconds: number): Grid {
  const start = ceilTo(seconds, from)
  const step = seconds * 1_000_000
  return { start, step, length: Math.max(0, Math.ceil((to - start) / step)) }
}

/** One event's values at the starts of intervals, made while its readings pass. */
class InterpolatedColumn {
  #before: Neighbour | undefined
  #grid: Grid = { start: 0, step: 1, length: 0 }
  #done = 0
  values = new Float64Array()

  constructor(before: Neighbour | undefined) {
    this.#before = before
  }

  begin(grid: Grid): void {
    this.#grid = grid
    this.#done = 0
    this.values = new Float64Array(grid.length).fill(Number.NaN)
  }

  /** The first reading after what was left last: the starts up to it lie between the two. */
  reach(next: Neighbour): void {
    const { start, step, length } = this.#grid
    for (; this.#done < length; this.#done += 1) {
      const time = start + this.#done * step
      if (time > next.time) return
      this.values[this.#done] = between(this.#before, next, time)
    }
  }

  leave(last: Neighbour): void {
    this.#before = last
  }

  /** @param next the first reading after the slice */
  end(next: Neighbour | undefined): void {
    if (next !== undefined) this.reach(next)
  }
}

function between(before: Neighbour | undefined, next: Neighbour, time: Micros): number {
  if (next.time === time) return next.value
  if (before === undefined) return Number.NaN
  const share = (time - before.time) / (next.time - before.time)
  return before.value * (1 - share) + next.value * share
}

function* rowsOf({ start, step, length }: Grid, columns: readonly InterpolatedColumn[]): Generator<RowBatch> {
  const rows = new WideRows(columns.length)
  for (let row = 0; row < length; row += 1) {
    for (const [position, { values }] of columns.entries()) {
      const value = values[row] ?? Number.NaN
      if (Number.isNaN(value)) continue
      const full = rows.add(start + row * step, position, value)
      if (full !== undefined) yield full
    }
  }
  const rest = rows.take()
  if (rest !== undefined) yield rest
}
