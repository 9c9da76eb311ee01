import type { ResolvedSelection } from '../selection/resolve-selection.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { readings } from './readings.ts'
import { BATCH_ROWS, positionsOf, type RowSource } from './row-source.ts'
import { WideRows, wideTable } from './wide-columns.ts'

/** A row for each moment at which any event was read. */
export function wideReadings(snapshot: Snapshot, resolved: ResolvedSelection): RowSource {
  const { events } = resolved
  const positions = positionsOf(events)
  return {
    table: wideTable(events),
    expectedRows: null,
    async *batches() {
      const rows = new WideRows(events.length)
      let isFirst = true
      for await (const { rows: count, times, events: keys, numbers } of readings(snapshot, resolved)) {
        const values = numbers[0] ?? times
        for (let row = 0; row < count; row += 1) {
          const full = rows.add(times[row] ?? 0, positions[keys[row] ?? 0] ?? 0, values[row] ?? Number.NaN)
          if (full !== undefined) yield full
        }
        // The first slice is small so that something arrives at once. A whole batch may have been cut in the middle of a moment.
        if (isFirst && count < BATCH_ROWS) {
          const begun = rows.take()
          if (begun !== undefined) yield begun
          isFirst = false
        }
      }
      const last = rows.take()
      if (last !== undefined) yield last
    },
  }
}
