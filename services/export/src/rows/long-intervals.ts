import type { ResolvedSelection } from '../selection/resolve-selection.ts'
import { copiedRows } from '../snapshot/copied-rows.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import type { Column, ColumnValues } from '../table/table.ts'
import { eventTexts, positionsIn } from './event-texts.ts'
import { intervalRows, intervalSlices } from './intervals.ts'
import { BATCH_ROWS, positionsOf, type RowSource } from './row-source.ts'

const TOLD = ['count', 'min', 'mean', 'max', 'first', 'last'] as const

const COLUMNS: readonly Column[] = [
  { name: 'timestamp', kind: 'time', unit: '' },
  { name: 'event_name', kind: 'text', unit: '' },
  { name: 'event_public_id', kind: 'text', unit: '' },
  { name: 'unit', kind: 'text', unit: '' },
  ...TOLD.map((name): Column => ({ name, kind: name === 'count' ? 'integer' : 'number', unit: '' })),
]

/** A row for each interval and event that has any reading. */
export function longIntervals(snapshot: Snapshot, resolved: ResolvedSelection): RowSource {
  const positions = positionsOf(resolved.events)
  const { names, ids, units } = eventTexts(resolved.events)
  return {
    table: { columns: COLUMNS },
    expectedRows: null,
    async *batches() {
      for await (const slice of intervalSlices({ snapshot, resolved, skipsEmpty: true })) {
        const chunks = snapshot.copy(intervalRows(resolved, slice, TOLD))
        for await (const copied of copiedRows(chunks, { numbers: TOLD.length, most: BATCH_ROWS })) {
          const codes = positionsIn(positions, copied.events)
          yield {
            rows: copied.rows,
            columns: [
              { kind: 'time', values: copied.times },
              { kind: 'text', words: names, codes },
              { kind: 'text', words: ids, codes },
              { kind: 'text', words: units, codes },
              ...copied.numbers.map(
                (values, told): ColumnValues => ({ kind: TOLD[told] === 'count' ? 'integer' : 'number', values }),
              ),
            ],
          }
        }
      }
    },
  }
}
