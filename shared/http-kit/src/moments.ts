import { type Micros, parseMoment } from '@webmacs/contracts'
import { invalidField } from './schema-validation.ts'

/** The years 1 to 9999: what four digits can say, and the database takes. An offset may lead out of them. */
const FIRST: Micros = Date.parse('0001-01-01T00:00:00Z') * 1000
const LAST: Micros = Date.parse('9999-12-31T23:59:59Z') * 1000

/**
 * A moment that a caller wrote, in any form that `parseMoment` reads.
 * @param field where it was written, as `query.from`
 * @throws AppError `request.invalid` that names the field
 */
export function momentIn(field: string, text: string): Micros {
  const time = parseMoment(text)
  if (time === undefined || time < FIRST || time > LAST) {
    throw invalidField(field, 'must be a moment, for example 2026-11-23T16:12:13Z', text)
  }
  return time
}
