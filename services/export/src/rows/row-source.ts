import type { ResolvedSelection } from '../selection/resolve-selection.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import type { RowBatch, Table } from '../table/table.ts'

/** A kind of table: what its rows look like, and how they are made from a snapshot. */
export interface RowSource {
  readonly table: Table
  /** Null: nobody can tell without making them. */
  readonly expectedRows: number | null
  batches(): AsyncIterable<RowBatch>
}

export type MakeRows = (snapshot: Snapshot, resolved: ResolvedSelection) => RowSource

/** Rows of the database that are worked on at once. */
export const BATCH_ROWS = 32_768

/** Position of each event in the order of columns, by its key. */
export function positionsOf(events: ResolvedSelection['events']): Int32Array {
  const positions = new Int32Array(events.reduce((most, { key }) => Math.max(most, key), 0) + 1)
  for (const [position, { key }] of events.entries()) positions[key] = position
  return positions
}
