import type { ExportMetadata } from '@webmacs/contracts'
import type { RowBatch, Table } from './table.ts'

/** A table and what it is about, to be written in some form. */
export interface TableSource {
  readonly table: Table
  /** Read once, in order; the next batch is made when it is asked for. */
  readonly batches: AsyncIterable<RowBatch>
  readonly metadata: ExportMetadata
  /** Whether the file is to begin with the metadata, where the format does not carry it in any case. */
  readonly withMetadata: boolean
}

/** A form of file. */
export interface TableFormat {
  /** With the charset where it is text. */
  readonly contentType: string
  /** Without the dot. */
  readonly extension: string
  /** Whether it becomes much smaller by gzip on the way. */
  readonly compressible: boolean
  /** The bytes of the file, some hundred kilobytes at a time at most; nothing is read ahead of who takes them. */
  encode(source: TableSource): AsyncIterable<Buffer>
}
