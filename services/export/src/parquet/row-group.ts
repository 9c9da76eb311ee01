import type { ColumnSource } from 'hyparquet-writer'
import type { Column, ColumnValues } from '../table/table.ts'
import { type GatheredColumn, gatherColumn } from './gathered-column.ts'

/** Gathers the rows of one row group from batches of any length. */
export class RowGroup {
  readonly #columns: readonly GatheredColumn[]
  readonly #most: number
  #rows = 0

  /** @param most rows that it takes */
  constructor(columns: readonly Column[], most: number) {
    this.#columns = columns.map((column) => gatherColumn(column, most))
    this.#most = most
  }

  get rows(): number {
    return this.#rows
  }

  get isFull(): boolean {
    return this.#rows === this.#most
  }

  /**
   * Takes as many rows as it has room for.
   * @param values column by column
   * @returns how many it took, of those from `start` to `end`
   */
  take(values: readonly (ColumnValues | undefined)[], start: number, end: number): number {
    const count = Math.min(end - start, this.#most - this.#rows)
    for (const [position, column] of this.#columns.entries()) {
      const taken = values[position]
      if (taken === undefined) throw new RangeError(`a batch has no column ${position}`)
      column.take(taken, { start, end: start + count, at: this.#rows })
    }
    this.#rows += count
    return count
  }

  columnData(): ColumnSource[] {
    return this.#columns.map((column) => column.source(this.#rows))
  }

  clear(): void {
    this.#rows = 0
  }
}
