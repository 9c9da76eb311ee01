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

/** `2026-11-23T16:12:13.408444Z`; the fraction is left out when it is exactly zero, as older clients know it. */
export function formatTime(time: Micros): string {
  const fraction = ((time % 1_000_000) + 1_000_000) % 1_000_000
  const seconds = new Date((time - fraction) / 1000).toISOString().slice(0, 19)
  return fraction === 0 ? `${seconds}Z` : `${seconds}.${String(fraction).padStart(6, '0')}Z`
}

/** The process's own clock may be this far from the wall clock before it is set anew, milliseconds: the wall clock counts whole ones. */
const TOLERATED_SKEW_MS = 2
let skewMs = 0

/**
 * Now by the wall clock, to the microsecond where the platform has it. Follows when the wall clock is set and when the machine slept: the
 * process's own clock, which has the microseconds, knows of neither.
 */
export function nowMicros(): Micros {
  const own = performance.timeOrigin + performance.now()
  const wall = Date.now()
  if (Math.abs(wall - own - skewMs) > TOLERATED_SKEW_MS) skewMs = wall - own
  return Math.round((own + skewMs) * 1000)
}
