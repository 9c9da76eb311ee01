import type { ExportFormat } from '@webmacs/contracts'
import { parquet } from './parquet/parquet.ts'
import type { TableFormat } from './table/format.ts'
import { csv } from './text/csv.ts'
import { jsonLines } from './text/json-lines.ts'

const FORMATS: Readonly<Record<ExportFormat, TableFormat>> = { csv, jsonl: jsonLines, parquet }

/** How a format is written. */
export const formatOf = (name: ExportFormat): TableFormat => FORMATS[name]
