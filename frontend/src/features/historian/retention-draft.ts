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

const isShorter = (from: number | null, to: number | null): boolean => to !== null && (from === null || to < from)

/** What a change deletes for good, as it is asked about; undefined: nothing, whatever is kept is kept at least as long. */
export function lossOf(stored: Retention, draft: Retention): string | undefined {
  const kinds = [
    { name: 'readings', from: stored.raw_days, to: draft.raw_days },
    { name: 'summaries by the minute', from: stored.minute_days, to: draft.minute_days },
  ]
  const lost = kinds
    .filter(({ from, to }) => isShorter(from, to))
    .map(({ name, to }) => `${name} older than ${to === 1 ? '1 day' : `${to} days`}`)
  if (lost.length === 0) return undefined
  return `All ${lost.join(' and ')} will be deleted for good, save what was measured during experiments that are marked “keep”. This cannot be taken back.`
}
