import type { ResolvedSelection } from '../selection/resolve-selection.ts'
import type { Column, ColumnValues, RowBatch, Table } from '../table/table.ts'

/** `timestamp` and one column for each event: `name [unit]`, with its id where others are called the same. */
export function wideTable(events: ResolvedSelection['events']): Table {
  const names = events.map(({ name, unit }) => (unit === '' ? name : `${name} [${unit}]`))
  const times = Map.groupBy(names, (name) => name)
  const columns = events.map(({ unit, public_id }, position): Column => {
    const name = names[position] ?? ''
    const isUnique = times.get(name)?.length === 1 && name !== 'timestamp'
    return { name: isUnique ? name : `${name} (${public_id})`, kind: 'number', unit }
  })
  return { columns: [{ name: 'timestamp', kind: 'time', unit: '' }, ...columns] }
}

/** Cells of a batch, so that one of a thousand columns takes no more memory than one of ten. */
const MOST_CELLS = 262_144

/** Gathers cells that come by moment and event into rows. A row is finished when the next moment begins. */
export class WideRows {
  readonly #columns: number
  readonly #most: number
  #times: Float64Array
  #values: Float64Array[]
  /** Rows begun, the last of which may get more cells. */
  #rows = 0
  #now = Number.NEGATIVE_INFINITY

  constructor(columns: number) {
    this.#columns = columns
    this.#most = Math.max(1, Math.floor(MOST_CELLS / (columns + 1)))
    this.#times = new Float64Array(this.#most)
    this.#values = this.#empty()
  }

  /** @returns a batch when it is full: without the row that this cell begins */
  add(time: number, column: number, value: number): RowBatch | undefined {
    let full: RowBatch | undefined
    if (time !== this.#now) {
      if (this.#rows === this.#most) full = this.take()
      this.#times[this.#rows] = time
      this.#rows += 1
      this.#now = time
    }
    const values = this.#values[column]
    if (values !== undefined) values[this.#rows - 1] = value
    return full
  }

  /** All rows so far; undefined: there are none. Only where no more cells of the last moment come. */
  take(): RowBatch | undefined {
    const rows = this.#rows
    if (rows === 0) return undefined
    const columns: ColumnValues[] = [
      { kind: 'time', values: this.#times.subarray(0, rows) },
      ...this.#values.map((values): ColumnValues => ({ kind: 'number', values: values.subarray(0, rows) })),
    ]
    this.#times = new Float64Array(this.#most)
    this.#values = this.#empty()
    this.#rows = 0
    this.#now = Number.NEGATIVE_INFINITY
    return { rows, columns }
  }

  #empty(): Float64Array[] {
    return Array.from({ length: this.#columns }, () => new Float64Array(this.#most).fill(Number.NaN))
  }
}
