import type { ResolvedSelection } from '../selection/resolve-selection.ts'
import type { CopiedRows } from '../snapshot/copied-rows.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import type { Column, RowBatch } from '../table/table.ts'
import { eventTexts, positionsIn } from './event-texts.ts'
import { readings } from './readings.ts'
import { positionsOf, type RowSource } from './row-source.ts'

const COLUMNS: readonly Column[] = [
  { name: 'timestamp', kind: 'time', unit: '' },
  { name: 'event_name', kind: 'text', unit: '' },
  { name: 'event_public_id', kind: 'text', unit: '' },
  { name: 'value', kind: 'number', unit: '' },
  { name: 'unit', kind: 'text', unit: '' },
  { name: 'datapoint_public_id', kind: 'text', unit: '', derived: true },
]
const QUALITY: Column = { name: 'quality', kind: 'integer', unit: '' }

/** A row for each reading: the columns that older clients know, and the quality as stored bits where bad ones are in it. */
export function longReadings(snapshot: Snapshot, resolved: ResolvedSelection): RowSource {
  const { events, selection } = resolved
  const positions = positionsOf(events)
  const texts = eventTexts(events)
  const batchOf = ({ rows, times, events: keys, numbers }: CopiedRows): RowBatch => {
    const codes = positionsIn(positions, keys)
    const [values = times, qualities] = numbers
    return {
      rows,
      columns: [
        { kind: 'time', values: times },
        { kind: 'text', words: texts.names, codes },
        { kind: 'text', words: texts.ids, codes },
        { kind: 'number', values },
        { kind: 'text', words: texts.units, codes },
        { kind: 'text', words: texts.datapointPrefixes, codes, suffixes: times },
        ...(qualities === undefined ? [] : [{ kind: 'integer' as const, values: qualities }]),
      ],
    }
  }
  return {
    table: { columns: selection.include_bad ? [...COLUMNS, QUALITY] : COLUMNS },
    expectedRows: selection.include_bad ? null : resolved.readings,
    async *batches() {
      for await (const copied of readings(snapshot, resolved)) yield batchOf(copied)
    },
  }
}
