import { Type } from 'typebox'

/** Microseconds since 1970-01-01T00:00:00Z: exact as a JavaScript number until the year 2255. */
export type Micros = number

/** ISO 8601 in UTC with up to six digits of seconds' fraction. */
export const Timestamp = Type.String({
  description: 'Moment in UTC, ISO 8601 with microseconds',
  examples: ['2026-11-23T16:12:13.408444Z'],
})

const ISO_UTC = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?Z$/

/**
 * Parses an ISO 8601 moment in UTC, exact to the microsecond (`Date` would cut it to milliseconds).
 * @returns undefined when the text has another form or names no real moment
 */
export function parseTime(text: string): Micros | undefined {
  const match = ISO_UTC.exec(text)
  if (match === null) return undefined
  const milliseconds = Date.parse(`${match[1]}Z`)
  // `Date` rolls 30 February over into March; such a text names no moment.
  if (Number.isNaN(milliseconds) || new Date(milliseconds).getUTCDate() !== Number(text.slice(8, 10))) return undefined
  return milliseconds * 1000 + Number((match[2] ?? '').padEnd(6, '0'))
}

const ISO_LENIENT =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?(?:Z|([+-])(\d{2}):?(\d{2}))?$/i

/**
 * Parses what people and their programs write for a moment: a date, or date and time with seconds and fraction as far as they are given, with
 * `Z`, an offset, or neither (UTC then). Digits beyond the microsecond are cut.
 * @returns undefined when the text has another form or names no real moment
 */
export function parseMoment(text: string): Micros | undefined {
  const match = ISO_LENIENT.exec(text.trim())
  if (match === null) return undefined
  const [, date, minutes = '00:00', seconds = '00', fraction = '', sign, hours, offsetMinutes] = match
  const time = parseTime(`${date}T${minutes}:${seconds}.${fraction.slice(0, 6).padEnd(6, '0')}Z`)
  if (time === undefined || sign === undefined) return time
  const offset = (Number(hours) * 60 + Number(offsetMinutes)) * 60_000_000
  return sign === '+' ? time - offset : time + offset
}

/** `2026-11-23T16:12:13.408444Z`; the fraction is left out when it is exactly zero, as older clients know it. */
export function formatTime(time: Micros): string {
  const fraction = ((time % 1_000_000) + 1_000_000) % 1_000_000
  const seconds = new Date((time - fraction) / 1000).toISOString().slice(0, 19)
  return fraction === 0 ? `${seconds}Z` : `${seconds}.${String(fraction).padStart(6, '0')}Z`
}

/** Beyond this the date and the clock that is exact to the microsecond disagree, milliseconds. */
const DISAGREEMENT_MS = 2

/** The date when the exact clock was at 0, milliseconds. */
let exactClockBegan = performance.timeOrigin

/**
 * Now by the wall clock, to the microsecond where the platform has it. Follows the date when it is set, and when the machine slept: the
 * exact clock stands still then.
 */
export function nowMicros(): Micros {
  const wall = Date.now()
  const exact = performance.now()
  if (Math.abs(exactClockBegan + exact - wall) > DISAGREEMENT_MS) exactClockBegan = wall - exact
  return Math.round((exactClockBegan + exact) * 1000)
}
