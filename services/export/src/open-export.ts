import type { ExportMetadata, ExportSelection } from '@webmacs/contracts'
import type { Database } from '@webmacs/database'
import type { TableSource } from './table/format.ts'
import type { RowBatch, Table } from './table/table.ts'

export interface ExportSource {
  readonly database: Database
  /** Aborting it ends the query at once, and with it `batches`. */
  readonly signal: AbortSignal
}

/** An export that can be read: a snapshot of the database, held until it is closed. */
export interface OpenExport extends TableSource {
  readonly table: Table
  /** Ends the snapshot when the last one was taken, or when the reader leaves its loop. */
  readonly batches: AsyncIterable<RowBatch>
  /** Exact for readings without bad ones; null: not known beforehand. */
  readonly expectedRows: number | null
  readonly metadata: ExportMetadata
  /** With the extension of the selection's format. */
  readonly fileName: string
  /** Gives the connection back; safe to call twice, and while batches are being read. */
  close(): Promise<void>
}

/**
 * Opens a snapshot and finds out in it what the selection means.
 * @throws AppError `request.invalid`, `experiment.unknown`, `event.unknown`, `datapoint.range`
 */
export async function openExport(_source: ExportSource, _selection: ExportSelection): Promise<OpenExport> {
  throw new Error('not made yet')
}
