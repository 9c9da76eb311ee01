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

const SIZES = [
  { bytes: 1e12, unit: 'TB' },
  { bytes: 1e9, unit: 'GB' },
  { bytes: 1e6, unit: 'MB' },
] as const

/** `18 kB`, `1.4 MB`, `3.0 TB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`
  const size = SIZES.find(({ bytes: least }) => bytes >= least)
  return size === undefined ? `${Math.round(bytes / 1000)} kB` : `${(bytes / size.bytes).toFixed(1)} ${size.unit}`
}

const whole = new Intl.NumberFormat('en')

/** `17,280,000`. */
export const formatCount = (count: number): string => whole.format(Math.round(count))

const dateTime = new Intl.DateTimeFormat(undefined, {
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})
const date = new Intl.DateTimeFormat(undefined, { year: 'numeric', month: 'short', day: 'numeric' })

/** A moment of the server with its year, in the viewer's time zone; `—` where there is none. */
export const formatTimestamp = (text: string | null | undefined): string => formatted(dateTime, text)

/** Its day alone. */
export const formatDate = (text: string | null | undefined): string => formatted(date, text)

function formatted(format: Intl.DateTimeFormat, text: string | null | undefined): string {
  const timeMs = text === null || text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(timeMs) ? '—' : format.format(timeMs)
}

/** `5 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(durationMs: number): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`
  const hours = Math.floor(minutes / 60)
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}
