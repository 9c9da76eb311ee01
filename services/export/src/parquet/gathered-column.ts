import type { ColumnSource } from 'hyparquet-writer'
import type { Column, ColumnValues } from '../table/table.ts'

/** Rows of a batch, and where they come to stand in the row group. */
export interface Span {
  readonly start: number
  readonly end: number
  readonly at: number
}

/** One column of a row group. */
export interface GatheredColumn {
  take(values: ColumnValues, span: Span): void
  /** What the writer is given. Its data are made when they are asked for and not kept: only one column at a time is there twice. */
  source(rows: number): ColumnSource
}

export function gatherColumn(column: Column, rows: number): GatheredColumn {
  return column.kind === 'text' ? gatherTexts(column, rows) : gatherNumbers(column, rows)
}

function gatherNumbers({ name, kind }: Column, rows: number): GatheredColumn {
  const gathered = new Float64Array(rows)
  return {
    take: (values, { start, end, at }) => {
      if (values.kind === 'text') throw new TypeError(`column ${name} came as text`)
      gathered.set(values.values.subarray(start, end), at)
    },
    source: (count) => ({
      name,
      ...(kind !== 'number' && { encoding: 'DELTA_BINARY_PACKED' as const }),
      // Lets a reader pass over what is outside of the times it asks for.
      statistics: kind === 'time',
      offsetIndex: false,
      get data() {
        const values = gathered.subarray(0, count)
        return kind === 'number' ? numbers(values) : integers(values)
      },
    }),
  }
}

/** The writer takes null for no value, and is quicker where all are there. */
const numbers = (values: Float64Array): Float64Array | (number | null)[] =>
  values.some(Number.isNaN) ? Array.from(values, (value) => (Number.isNaN(value) ? null : value)) : values

const integers = (values: Float64Array): BigInt64Array | (bigint | null)[] =>
  values.some(Number.isNaN)
    ? Array.from(values, (value) => (Number.isNaN(value) ? null : BigInt(value)))
    : BigInt64Array.from(values, BigInt)

function gatherTexts({ name }: Column, rows: number): GatheredColumn {
  const gathered: string[] = new Array(rows)
  return {
    take: (values, { start, end, at }) => {
      if (values.kind !== 'text') throw new TypeError(`column ${name} came as ${values.kind}`)
      const { words, codes, suffixes } = values
      for (let row = start; row < end; row++) {
        const word = words[codes[row] ?? -1] ?? ''
        gathered[at + row - start] = suffixes === undefined ? word : word + (suffixes[row] ?? 0).toString(36)
      }
    },
    source: (count) => ({
      name,
      statistics: false,
      offsetIndex: false,
      get data() {
        return gathered.slice(0, count)
      },
    }),
  }
}
