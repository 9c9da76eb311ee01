import type { ExportFormat } from '@webmacs/contracts'
import { invalidField } from '@webmacs/http-kit/schema-validation'
import type { TableFormat } from './table/format.ts'
import { csv } from './text/csv.ts'
import { jsonLines } from './text/json-lines.ts'

const FORMATS: Readonly<Partial<Record<ExportFormat, TableFormat>>> = { csv, jsonl: jsonLines }

/** How a format is written. @throws AppError `request.invalid` */
export function formatOf(name: ExportFormat): TableFormat {
  const format = FORMATS[name]
  if (format === undefined) throw invalidField('query.format', 'must be a format that is made here', name)
  return format
}
