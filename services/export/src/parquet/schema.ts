import type { ParquetWriter, SchemaElement } from 'hyparquet-writer'
import type { Column } from '../table/table.ts'

/** A flat file: every row has a time and texts, numbers may be missing. */
export function fileSchema(columns: readonly Column[]): SchemaElement[] {
  return [{ name: 'webmacs', num_children: columns.length }, ...columns.map(element)]
}

function element({ name, kind }: Column): SchemaElement {
  switch (kind) {
    case 'time':
      return {
        name,
        type: 'INT64',
        repetition_type: 'REQUIRED',
        converted_type: 'TIMESTAMP_MICROS',
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
      }
    case 'number':
      return { name, type: 'DOUBLE', repetition_type: 'OPTIONAL' }
    case 'integer':
      return { name, type: 'INT64', repetition_type: 'OPTIONAL' }
    case 'text':
      return {
        name,
        type: 'BYTE_ARRAY',
        repetition_type: 'REQUIRED',
        converted_type: 'UTF8',
        logical_type: { type: 'STRING' },
      }
  }
}

type WrittenGroup = ParquetWriter['row_groups'][number]

/**
 * A row group without rows, for a file without any: an empty list of row groups comes out of the writer in a form that Apache's readers
 * refuse.
 * @param end where the file ends so far
 */
export function emptyRowGroup(columns: readonly Column[], end: number): WrittenGroup {
  const chunkOf = ({ name, kind }: Column): WrittenGroup['columns'][number] => ({
    file_offset: BigInt(end),
    meta_data: {
      type: kind === 'number' ? 'DOUBLE' : kind === 'text' ? 'BYTE_ARRAY' : 'INT64',
      encodings: ['PLAIN'],
      path_in_schema: [name],
      codec: 'UNCOMPRESSED',
      num_values: 0n,
      total_compressed_size: 0n,
      total_uncompressed_size: 0n,
      data_page_offset: BigInt(end),
    },
  })
  return { columns: columns.map(chunkOf), total_byte_size: 0n, num_rows: 0n }
}
