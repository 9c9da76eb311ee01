import type { ResolvedSelection } from '../selection/resolve-selection.ts'
import { copiedRows } from '../snapshot/copied-rows.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { intervalRows, intervalSlices } from './intervals.ts'
import { BATCH_ROWS, positionsOf, type RowSource } from './row-source.ts'
import { WideRows, wideTable } from './wide-columns.ts'

/** A row for each interval in which any event was read: the last, mean, lowest or highest of each event, or nothing. */
export function wideIntervals(
  snapshot: Snapshot,
  resolved: ResolvedSelection,
  method: 'last' | 'mean' | 'min' | 'max',
): RowSource {
  const { events } = resolved
  const positions = positionsOf(events)
  return {
    table: wideTable(events),
    expectedRows: null,
    async *batches() {
      const rows = new WideRows(events.length)
      for await (const slice of intervalSlices({ snapshot, resolved, skipsEmpty: true })) {
        const chunks = snapshot.copy(intervalRows(resolved, slice, [method]))
        for await (const { rows: count, times, events: keys, numbers } of copiedRows(chunks, {
          numbers: 1,
          most: BATCH_ROWS,
        })) {
          const values = numbers[0] ?? times
          for (let row = 0; row < count; row += 1) {
            const full = rows.add(times[row] ?? 0, positions[keys[row] ?? 0] ?? 0, values[row] ?? Number.NaN)
            if (full !== undefined) yield full
          }
        }
        // A slice is of whole intervals.
        const rest = rows.take()
        if (rest !== undefined) yield rest
      }
    },
  }
}
