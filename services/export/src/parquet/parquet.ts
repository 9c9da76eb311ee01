import { gzipSync } from 'node:zlib'
import { SERVICE_VERSION } from '@webmacs/service-kit'
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import type { TableFormat, TableSource } from '../table/format.ts'
import type { Column } from '../table/table.ts'
import { RowGroup } from './row-group.ts'
import { emptyRowGroup, fileSchema } from './schema.ts'

/** Rows that are compressed together, and that are in memory at once. Twice as many save nothing that can be measured. */
const GROUP_ROWS = 65_536
/** Of a wide table, fewer: its cells are what memory holds. */
const GROUP_CELLS = 1_000_000
const LEAST_GROUP_ROWS = 1024
const CHUNK_BYTES = 256 * 1024
/** Half the time of the usual level for a few hundredths of the size. */
const GZIP_LEVEL = 1

/**
 * Parquet, one row group after the other, so that a file of any length takes the memory of one. Compressed by gzip, which every reader knows;
 * what follows from other columns is left out. Key-value metadata: `webmacs` is the export's metadata, `webmacs.units` unit by column.
 */
export const parquet: TableFormat = {
  contentType: 'application/vnd.apache.parquet',
  extension: 'parquet',
  compressible: false,
  encode: encodeParquet,
}

async function* encodeParquet({ table, batches, metadata }: TableSource): AsyncGenerator<Buffer, void> {
  const columns = table.columns.filter(({ derived }) => derived !== true)
  const positions = columns.map((column) => table.columns.indexOf(column))
  const sink = new ByteWriter(CHUNK_BYTES)
  const file = new ParquetWriter({
    writer: sink,
    schema: fileSchema(columns),
    codec: 'GZIP',
    compressors: { GZIP: (bytes) => gzipSync(bytes, { level: GZIP_LEVEL }) },
    createdBy: `webmacs version ${SERVICE_VERSION}`,
    kvMetadata: [
      { key: 'webmacs', value: JSON.stringify(metadata) },
      { key: 'webmacs.units', value: JSON.stringify(unitsOf(columns)) },
    ],
  })
  yield* written(sink) // its first four bytes, so that the download begins while rows are gathered
  const group = new RowGroup(columns, groupRows(columns.length))
  const flush = (): Iterable<Buffer> => {
    void file.write({ columnData: group.columnData(), rowGroupSize: group.rows }) // waits for nothing: the sink has no flush
    group.clear()
    return written(sink)
  }
  for await (const batch of batches) {
    const values = positions.map((position) => batch.columns[position])
    for (let taken = 0; taken < batch.rows; ) {
      taken += group.take(values, taken, batch.rows)
      if (group.isFull) yield* flush()
    }
  }
  if (group.rows > 0) yield* flush()
  if (file.row_groups.length === 0) file.row_groups.push(emptyRowGroup(columns, sink.offset))
  void file.finish() // as above
  yield* written(sink)
}

const groupRows = (columns: number): number =>
  Math.min(GROUP_ROWS, Math.max(LEAST_GROUP_ROWS, Math.floor(GROUP_CELLS / columns)))

const unitsOf = (columns: readonly Column[]): Record<string, string> =>
  Object.fromEntries(columns.filter(({ unit }) => unit !== '').map(({ name, unit }) => [name, unit]))

/** What the sink holds, copied: its memory is used for the next row group while the reader still has this one. */
function* written(sink: ByteWriter): Generator<Buffer, void> {
  const bytes = Buffer.from(sink.getBytes())
  sink.index = 0
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) yield bytes.subarray(start, start + CHUNK_BYTES)
}
