import type { Micros } from '@webmacs/contracts'

/** Rows as they come from the database: moment, event and some numbers, column by column. */
export interface CopiedRows {
  readonly rows: number
  readonly times: Float64Array
  /** Keys of events. */
  readonly events: Int32Array
  /** NaN where the database has null. */
  readonly numbers: readonly Float64Array[]
}

/** `PGCOPY\n\377\r\n\0`, flags, length of an extension that there is none of. */
const HEADER_BYTES = 19
/** PostgreSQL counts microseconds from 2000-01-01. */
const POSTGRES_EPOCH: Micros = 946_684_800_000_000
const TWO_TO_32 = 2 ** 32
/** Field count; length and content of the moment; of the event. */
const FIXED_BYTES = 2 + 12 + 8
const NUMBER_BYTES = 12
const LENGTH_BYTES = 4

/**
 * Reads the binary COPY of rows `(timestamptz, int4, float8 …)`.
 * @param numbers how many float8 a row has
 * @param most rows at once; fewer come only at the end
 */
export async function* copiedRows(
  chunks: AsyncIterable<Buffer>,
  { numbers, most }: { readonly numbers: number; readonly most: number },
): AsyncGenerator<CopiedRows, void, void> {
  const longest = FIXED_BYTES + numbers * NUMBER_BYTES
  let gathered = new Gathered(numbers, most)
  let rest: Buffer = Buffer.alloc(0)
  let isStarted = false
  for await (const chunk of chunks) {
    const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    if (!isStarted) {
      if (data.length < HEADER_BYTES) {
        rest = data
        continue
      }
      at = HEADER_BYTES
      isStarted = true
    }
    // A row that may not be whole waits for the next chunk; near the end of a chunk its length has to be looked at.
    while (data.length - at >= longest || isWhole(data, at, numbers)) {
      at = gathered.read(data, at)
      if (gathered.rows === most) {
        yield gathered.take()
        gathered = new Gathered(numbers, most)
      }
    }
    rest = data.subarray(at)
  }
  if (gathered.rows > 0) yield gathered.take()
}

/** Whether a whole row begins here; the end of the copy is none. */
function isWhole(data: Buffer, start: number, numbers: number): boolean {
  let at = start + FIXED_BYTES
  if (data.length < at || data.readInt16BE(start) === -1) return false
  for (let n = 0; n < numbers; n += 1) {
    if (data.length < at + LENGTH_BYTES) return false
    at += LENGTH_BYTES + Math.max(data.readInt32BE(at), 0)
  }
  return data.length >= at
}

const FIRST_ROWS = 1024

/** Columns that grow, so that a short answer takes little memory. */
class Gathered {
  readonly #most: number
  #times: Float64Array
  #events: Int32Array
  #numbers: Float64Array[]
  rows = 0

  constructor(numbers: number, most: number) {
    const size = Math.min(FIRST_ROWS, most)
    this.#most = most
    this.#times = new Float64Array(size)
    this.#events = new Int32Array(size)
    this.#numbers = Array.from({ length: numbers }, () => new Float64Array(size))
  }

  /** @returns where the next row begins */
  read(data: Buffer, start: number): number {
    const row = this.rows
    if (row === this.#times.length) this.#grow()
    this.#times[row] = data.readInt32BE(start + 6) * TWO_TO_32 + data.readUInt32BE(start + 10) + POSTGRES_EPOCH
    this.#events[row] = data.readInt32BE(start + 18)
    let at = start + FIXED_BYTES
    for (const column of this.#numbers) {
      const isNull = data[at] === 0xff // the length is -1
      column[row] = isNull ? Number.NaN : data.readDoubleBE(at + LENGTH_BYTES)
      at += isNull ? LENGTH_BYTES : NUMBER_BYTES
    }
    this.rows = row + 1
    return at
  }

  take(): CopiedRows {
    const { rows } = this
    return {
      rows,
      times: this.#times.subarray(0, rows),
      events: this.#events.subarray(0, rows),
      numbers: this.#numbers.map((column) => column.subarray(0, rows)),
    }
  }

  #grow(): void {
    const size = Math.min(this.#times.length * 4, this.#most)
    const times = new Float64Array(size)
    times.set(this.#times)
    this.#times = times
    const events = new Int32Array(size)
    events.set(this.#events)
    this.#events = events
    this.#numbers = this.#numbers.map((column) => {
      const larger = new Float64Array(size)
      larger.set(column)
      return larger
    })
  }
}
