import type { Micros } from '@webmacs/contracts'
import { type RawBuilder, sql } from 'kysely'

const BYTES = 8
const UPPER_HALF = 2 ** 32
/** PostgreSQL counts from the year 2000 on. */
const POSTGRES_EPOCH: Micros = Date.parse('2000-01-01T00:00:00Z') * 1000

/**
 * SQL for a column of numbers as bytes, in the order of the rows: one row for each event instead of thousands. Written and read as bytes, a
 * column takes a fifth of the time that its text takes.
 */
export const numbersOf = (value: RawBuilder<unknown>): RawBuilder<Buffer> =>
  sql<Buffer>`coalesce(string_agg(float8send(coalesce((${value})::float8, 'NaN')), ''), '')`

/** The same of moments. */
export const momentsOf = (moment: RawBuilder<unknown>): RawBuilder<Buffer> =>
  sql<Buffer>`coalesce(string_agg(timestamptz_send(${moment}), ''), '')`

/** @returns null for what is missing or no finite number */
export const parseValues = (column: Buffer): (number | null)[] =>
  parseNumbers(column).map((value) => (Number.isFinite(value) ? value : null))

/** Of a column that is never null. */
export const parseNumbers = (column: Buffer): number[] =>
  Array.from({ length: column.length / BYTES }, (_, place) => column.readDoubleBE(place * BYTES))

export const parseMoments = (column: Buffer): Micros[] =>
  Array.from(
    { length: column.length / BYTES },
    (_, place) =>
      column.readInt32BE(place * BYTES) * UPPER_HALF + column.readUInt32BE(place * BYTES + BYTES / 2) + POSTGRES_EPOCH,
  )
