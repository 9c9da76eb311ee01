/**
 * How many digits after the point a signal deserves: about a thousandth of its range, so that the digits shown are those that mean something.
 * @param span width of the range in the signal's unit; 0 or less means unknown
 */
export function decimalsFor(span: number): number {
  if (!Number.isFinite(span) || span <= 0) return 2
  return Math.min(6, Math.max(0, 3 - Math.floor(Math.log10(span))))
}

const formats = new Map<number, Intl.NumberFormat>()

/** `1,234.5`; very large and very small numbers in scientific form, so that no card has to grow. */
export function formatValue(value: number, decimals: number): string {
  if (Math.abs(value) >= 1e9) return value.toExponential(3)
  let format = formats.get(decimals)
  if (format === undefined) {
    format = new Intl.NumberFormat('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
    formats.set(decimals, format)
  }
  return format.format(value)
}

/** `just now`, `14 s ago`, `3 min ago`, `2 h ago`, `5 d ago`. */
export function formatAge(ageMs: number): string {
  if (ageMs < 2000) return 'just now'
  const seconds = Math.floor(ageMs / 1000)
  if (seconds < 60) return `${seconds} s ago`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ago`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} d ago`
}

const clock = new Intl.DateTimeFormat(undefined, {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 1,
  hourCycle: 'h23',
})

/** Day and time to a tenth of a second, in the viewer's time zone. */
export const formatMoment = (timeMs: number): string => clock.format(timeMs)

const timeOfDay = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})
const DAY_MS = 86_400_000

/** `03:53:38` in the viewer's time zone, with the day in front when it was more than a day ago. */
export const formatLastTime = (timeMs: number, nowMs: number): string =>
  nowMs - timeMs < DAY_MS ? timeOfDay.format(timeMs) : formatMoment(timeMs)

/** `8.4 ms`, `340 ms`, `2.1 s`; `—` where it is not known. */
export function formatLatency(latencyMs: number | null): string {
  if (latencyMs === null) return '—'
  if (latencyMs >= 1000) return `${(latencyMs / 1000).toFixed(1)} s`
  return `${latencyMs < 10 ? latencyMs.toFixed(1) : Math.round(latencyMs)} ms`
}

/** `18 kB`, `1.4 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}
