import type { Micros, QualityBits } from '@webmacs/contracts'

/** `PGCOPY\n\377\r\n\0`, no flags, no extension. */
const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const TRAILER = Buffer.from([0xff, 0xff])
const FIELDS = 4
/** Field count, then length and content of ts, event_id, quality and value; value last, because null has no content. */
const ROW_BYTES = 2 + 12 + 8 + 6 + 12
const NULL_ROW_BYTES = ROW_BYTES - 8
/** PostgreSQL counts microseconds from 2000-01-01. */
const POSTGRES_EPOCH: Micros = 946_684_800_000_000
const TWO_TO_32 = 2 ** 32
const CHUNK_BYTES = 256 * 1024
const FIRST_ROWS = 1024

export const COPY_DATAPOINTS = 'COPY datapoints (ts, event_id, quality, value) FROM STDIN (FORMAT binary)'

/** Rows of `datapoints` in PostgreSQL's binary COPY format, in one buffer that is used again for each batch. */
export class CopyRows {
  #buffer = Buffer.allocUnsafe(HEADER.length + FIRST_ROWS * ROW_BYTES)
  #length = 0
  rows = 0

  /** Starts anew. What `chunks` gave before must have been sent: its memory is written over. */
  reset(expectedRows: number): void {
    const needed = HEADER.length + expectedRows * ROW_BYTES + TRAILER.length
    if (this.#buffer.length < needed) this.#buffer = Buffer.allocUnsafe(needed)
    this.#length = HEADER.copy(this.#buffer)
    this.rows = 0
  }

  /** @param value NaN is stored as null */
  add(event: number, time: Micros, value: number, quality: QualityBits): void {
    const isNull = Number.isNaN(value)
    if (this.#length + ROW_BYTES + TRAILER.length > this.#buffer.length) this.#grow()
    const buffer = this.#buffer
    const sinceEpoch = time - POSTGRES_EPOCH
    const high = Math.floor(sinceEpoch / TWO_TO_32)
    let at = buffer.writeInt16BE(FIELDS, this.#length)
    at = buffer.writeInt32BE(8, at)
    at = buffer.writeInt32BE(high, at)
    at = buffer.writeUInt32BE(sinceEpoch - high * TWO_TO_32, at)
    at = buffer.writeInt32BE(4, at)
    at = buffer.writeInt32BE(event, at)
    at = buffer.writeInt32BE(2, at)
    at = buffer.writeInt16BE(quality, at)
    at = buffer.writeInt32BE(isNull ? -1 : 8, at)
    if (!isNull) buffer.writeDoubleBE(value, at)
    this.#length += isNull ? NULL_ROW_BYTES : ROW_BYTES
    this.rows += 1
  }

  /** The whole COPY stream, in pieces that keep the socket busy. */
  *chunks(): Generator<Buffer, void, void> {
    const end = this.#length + TRAILER.copy(this.#buffer, this.#length)
    for (let start = 0; start < end; start += CHUNK_BYTES) {
      yield this.#buffer.subarray(start, Math.min(start + CHUNK_BYTES, end))
    }
  }

  #grow(): void {
    const larger = Buffer.allocUnsafe(this.#buffer.length * 2)
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}
