import { type CreateApiToken, type Micros, parseMoment } from '@webmacs/contracts'
import { invalidField } from '@webmacs/http-kit/schema-validation'

const MICROS_PER_SECOND = 1_000_000
/** The year 9999 ends with it: beyond, neither ISO 8601 nor the clients' dates go. */
const LATEST_S = 253_402_300_799

/**
 * When a token is to stop working, as people and programs write it; a moment that has passed is taken as it is.
 * @returns null: never
 * @throws AppError `request.invalid`
 */
export function parseExpiry(expiry: CreateApiToken['expires_at']): Micros | null {
  if (expiry === undefined || expiry === null) return null
  const time = typeof expiry === 'number' ? Math.round(expiry * MICROS_PER_SECOND) : parseMoment(expiry)
  if (time === undefined) {
    throw invalidField('body.expires_at', 'must be an ISO 8601 date, or date and time, or seconds since 1970', expiry)
  }
  if (time < 0 || time > LATEST_S * MICROS_PER_SECOND) {
    throw invalidField('body.expires_at', 'must lie between the years 1970 and 9999', expiry)
  }
  return time
}
