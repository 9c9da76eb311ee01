import type { ExportMetadata } from '@webmacs/contracts'
import type { TableFormat } from '../table/format.ts'
import type { Dialect } from './dialect.ts'
import { pythonFloat } from './python-float.ts'
import { TextRows } from './text-rows.ts'

/** RFC 4180. */
const LINE_END = '\r\n'
const NEEDS_QUOTES = /[",\r\n]/
/** What a spreadsheet takes for the beginning of a formula. */
const FORMULA = /^[=+\-@\t\r]/

/** A text that people wrote, as a cell: an apostrophe keeps a spreadsheet from calculating with it. */
export function csvText(text: string): string {
  const harmless = FORMULA.test(text) ? `'${text}` : text
  return NEEDS_QUOTES.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

const DIALECT: Dialect = {
  before: (_column, position) => (position === 0 ? '' : ','),
  rowEnd: LINE_END,
  text: csvText,
  textEnd: '',
  number: pythonFloat,
  withPoint: true,
  empty: '',
  momentStart: '',
  momentEnd: '+00:00',
}

/** CSV as older clients know it: one line with the names of the columns, CRLF, quotes only where they are needed, no byte order mark. */
export const csv: TableFormat = {
  contentType: 'text/csv; charset=utf-8',
  extension: 'csv',
  compressible: true,
  async *encode({ table, batches, metadata, withMetadata }) {
    const names = table.columns.map(({ name }) => csvText(name)).join(',')
    const head = withMetadata ? commentLines(metadata) : ''
    yield Buffer.from(`${head}${names}${LINE_END}`, 'utf8')
    const rows = new TextRows(table, DIALECT)
    for await (const batch of batches) yield* rows.chunks(batch)
  },
}

/** In a text of JSON, what a spreadsheet that knows nothing of JSON takes for the beginning of a cell with a formula. */
const FORMULA_WITHIN = /(?<=(?:[,;]|\\t)\s*)[=+\-@]/g
const JSON_TEXT = /"(?:[^"\\]|\\.)*"/g

/** JSON of the same value, without formulas: their first character is escaped. */
const harmlessJson = (value: unknown): string =>
  JSON.stringify(value).replaceAll(JSON_TEXT, (text) =>
    text.replaceAll(FORMULA_WITHIN, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`),
  )

/** One line for each thing that is known, `# name: value` in JSON: readers of CSV pass such lines over when told so. */
const commentLines = (metadata: ExportMetadata): string =>
  Object.entries(metadata)
    .map(([name, value]) => `# ${name}: ${harmlessJson(value)}${LINE_END}`)
    .join('')
