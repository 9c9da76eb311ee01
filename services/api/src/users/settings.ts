import { UserSettings } from '@webmacs/contracts'
import { invalidField } from '@webmacs/http-kit/schema-validation'

const KEYS = Object.keys(UserSettings.properties) as (keyof UserSettings)[] // the schema's own

/**
 * Settings after a wish: what it names takes its place, null takes it away, the rest stays. Keys that are not settings are ignored.
 * @throws AppError `request.invalid` for a time zone that nobody knows
 */
export function mergeSettings(settings: UserSettings, wish: UserSettings | null | undefined): UserSettings {
  if (typeof wish?.time_zone === 'string') checkTimeZone(wish.time_zone)
  const merged = KEYS.map((key) => [key, wish?.[key] === undefined ? settings[key] : wish[key]] as const)
  return Object.fromEntries(merged.filter(([, value]) => value !== undefined && value !== null))
}

function checkTimeZone(name: string): void {
  if (!isTimeZone(name)) {
    throw invalidField('body.settings.time_zone', 'must be the name of a time zone in the IANA database', name)
  }
}

function isTimeZone(name: string): boolean {
  if (/^[+-]/.test(name)) return false // a fixed offset: it knows no daylight saving
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false // RangeError: unknown time zone
  }
}
