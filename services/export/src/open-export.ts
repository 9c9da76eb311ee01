import type { ExportMetadata, ExportSelection } from '@webmacs/contracts'
import { formatOf } from './formats.ts'
import { makeRows } from './rows/make-rows.ts'
import type { RowSource } from './rows/row-source.ts'
import { checkSelection } from './selection/check-selection.ts'
import { describeExport } from './selection/describe-export.ts'
import { fileNameOf } from './selection/file-name.ts'
import { resolveSelection } from './selection/resolve-selection.ts'
import { readAhead } from './snapshot/read-ahead.ts'
import { Snapshot, type SnapshotSource } from './snapshot/snapshot.ts'
import type { TableFormat, TableSource } from './table/format.ts'
import type { RowBatch } from './table/table.ts'

export interface OpenExportOptions extends SnapshotSource {
  /** Where the selection was written, for errors: `query` when left out. */
  readonly root?: 'query' | 'body'
}

/** An export that can be read: a snapshot of the database, held until it is closed. */
export interface OpenExport extends TableSource {
  /** Exact; null: not known beforehand. */
  readonly expectedRows: number | null
  readonly metadata: ExportMetadata
  readonly format: TableFormat
  /** With the format's extension. */
  readonly fileName: string
  /** Ends it, also in the middle; safe to call twice. Whoever opened it calls this in any case. */
  close(): void
}

/**
 * Opens a snapshot and finds out in it what the selection means.
 * @throws AppError `request.invalid`, `experiment.unknown`, `event.unknown`
 */
export async function openExport(options: OpenExportOptions, selection: ExportSelection): Promise<OpenExport> {
  const checked = checkSelection(selection, options.root ?? 'query')
  const format = formatOf(selection.format)
  const snapshot = await Snapshot.open(options)
  try {
    const resolved = await resolveSelection(snapshot, checked)
    const rows = makeRows(snapshot, resolved)
    const { table, expectedRows } = rows
    return {
      table,
      batches: readAhead(allOf(rows, snapshot)),
      expectedRows,
      metadata: await describeExport(snapshot, resolved, expectedRows),
      withMetadata: selection.metadata,
      format,
      fileName: fileNameOf(resolved, format.extension),
      close: () => snapshot.close(),
    }
  } catch (err) {
    snapshot.close()
    throw err
  }
}

async function* allOf(rows: RowSource, snapshot: Snapshot): AsyncGenerator<RowBatch, void, void> {
  yield* rows.batches()
  await snapshot.finish()
}
