import type { Retention } from '@webmacs/contracts'

/** As it goes on after "kept". */
export const retentionText = (days: number | null): string =>
  days === null ? 'for ever' : days === 1 ? 'for 1 day' : `for ${days} days`

/** What is wrong with each field; undefined: nothing. */
export function problemsOf({ raw_days, minute_days }: Retention): Partial<Record<keyof Retention, string>> {
  const wrong = (days: number | null): boolean =>
    days !== null && !(Number.isInteger(days) && days >= 1 && days <= 36_500)
  if (wrong(raw_days)) return { raw_days: 'Between 1 and 36,500 days' }
  if (wrong(minute_days)) return { minute_days: 'Between 1 and 36,500 days' }
  const isShorter = minute_days !== null && (raw_days === null || minute_days < raw_days)
  return isShorter ? { minute_days: 'Not shorter than readings' } : {}
}
