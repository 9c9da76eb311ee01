import type { TableFormat } from '../table/format.ts'
import type { Dialect } from './dialect.ts'
import { TextRows } from './text-rows.ts'

const DIALECT: Dialect = {
  before: ({ name }, position) => `${position === 0 ? '{' : ','}${JSON.stringify(name)}:`,
  rowEnd: '}\n',
  text: (word) => JSON.stringify(word),
  textEnd: '"',
  number: (value) => (Object.is(value, -0) ? '-0' : JSON.stringify(value)),
  withPoint: false,
  empty: 'null',
  momentStart: '"',
  momentEnd: 'Z"',
}

/** A JSON object a line for each row; the metadata, where it is asked for, is an object `{"metadata": …}` before them. */
export const jsonLines: TableFormat = {
  contentType: 'application/x-ndjson; charset=utf-8',
  extension: 'jsonl',
  compressible: true,
  async *encode({ table, batches, metadata, withMetadata }) {
    if (withMetadata) yield Buffer.from(`${JSON.stringify({ metadata })}\n`, 'utf8')
    const rows = new TextRows(table, DIALECT)
    for await (const batch of batches) yield* rows.chunks(batch)
  },
}
