import type { RowBatch, Table } from '../table/table.ts'
import { Base36Writer, putBytes, putDecimal, putText, TimeWriter } from './ascii.ts'
import type { Dialect } from './dialect.ts'
import { compileRows, hasSameWords, type RowProgram } from './row-program.ts'

/** Bytes that are handed on at once. */
const CHUNK_BYTES = 64 * 1024
const ROWS_PER_CHUNK_AT_LEAST = 2

/** The rows of batches as bytes, in chunks that are theirs who take them. */
export class TextRows {
  readonly #table: Table
  readonly #dialect: Dialect
  readonly #moments = new TimeWriter()
  readonly #suffixes = new Base36Writer()
  #made: { readonly batch: RowBatch; readonly program: RowProgram } | undefined

  constructor(table: Table, dialect: Dialect) {
    this.#table = table
    this.#dialect = dialect
  }

  *chunks(batch: RowBatch): Generator<Buffer, void, void> {
    const program = this.#programFor(batch)
    const size = Math.max(CHUNK_BYTES, program.longestRow * ROWS_PER_CHUNK_AT_LEAST)
    let buffer = Buffer.allocUnsafe(size)
    let at = 0
    for (let row = 0; row < batch.rows; row += 1) {
      if (at + program.longestRow > size) {
        yield buffer.subarray(0, at)
        buffer = Buffer.allocUnsafe(size)
        at = 0
      }
      at = this.#putRow(buffer, at, program, batch, row)
    }
    yield buffer.subarray(0, at)
  }

  #programFor(batch: RowBatch): RowProgram {
    if (this.#made === undefined || !hasSameWords(this.#made.batch, batch)) {
      this.#made = { batch, program: compileRows(this.#table, batch, this.#dialect) }
    }
    return this.#made.program
  }

  #putRow(buffer: Buffer, start: number, { steps, end }: RowProgram, { columns }: RowBatch, row: number): number {
    let at = start
    for (const step of steps) {
      const values = columns[step.column]
      if (step.kind === 'words') {
        const code = values?.kind === 'text' ? (values.codes[row] ?? 0) : 0
        at = putBytes(buffer, at, step.words[code] ?? end)
        continue
      }
      at = putBytes(buffer, at, step.before)
      const numbers = values?.kind === 'text' ? values.suffixes : values?.values
      const value = numbers?.[row] ?? Number.NaN
      if (step.kind === 'moment') at = this.#moments.put(buffer, at, value)
      else if (step.kind === 'suffix') at = this.#suffixes.put(buffer, at, value)
      else at = this.#putNumber(buffer, at, value, step.kind === 'number' && this.#dialect.withPoint)
    }
    return putBytes(buffer, at, end)
  }

  #putNumber(buffer: Buffer, at: number, value: number, withPoint: boolean): number {
    if (Number.isNaN(value)) return putText(buffer, at, this.#dialect.empty)
    const next = putDecimal(buffer, at, value, withPoint)
    return next >= 0 ? next : putText(buffer, at, this.#dialect.number(value))
  }
}
