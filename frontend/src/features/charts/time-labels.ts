const format = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat(undefined, { hourCycle: 'h23', ...options })
const fractions = format({ minute: '2-digit', second: '2-digit', fractionalSecondDigits: 2 })
const seconds = format({ hour: '2-digit', minute: '2-digit', second: '2-digit' })
const minutes = format({ hour: '2-digit', minute: '2-digit' })
const days = format({ day: 'numeric', month: 'short' })
const months = format({ month: 'short', year: 'numeric' })

const DAY = 86_400

/** Labels of a time axis, in the viewer's zone: as fine as its steps, with the day below where a new one begins. @param moments seconds since 1970 */
export function timeLabels(moments: readonly number[]): string[] {
  const [first = 0, second = first + DAY] = moments
  const step = second - first
  if (step >= 27 * DAY) return moments.map((moment) => months.format(moment * 1000))
  if (step >= DAY * 0.9) return moments.map((moment) => days.format(moment * 1000))
  const clock = step < 1 ? fractions : step < 60 ? seconds : minutes
  let dayBefore = ''
  return moments.map((moment) => {
    const day = days.format(moment * 1000)
    const label = day === dayBefore ? clock.format(moment * 1000) : `${clock.format(moment * 1000)}\n${day}`
    dayBefore = day
    return label
  })
}

const UNITS = [
  { seconds: DAY, one: 'day', many: 'days' },
  { seconds: 3600, one: 'hour', many: 'h' },
  { seconds: 60, one: 'min', many: 'min' },
] as const

/** `20 min`, `6 h`, `1 day`, `1.5 s`. */
export function formatSpan(span: number): string {
  const unit = UNITS.find(({ seconds: length }) => span >= length)
  if (unit === undefined) return `${Number(span.toPrecision(3))} s`
  const count = Number((span / unit.seconds).toFixed(1))
  if (unit.seconds === 3600) return `${count} h`
  return `${count} ${count === 1 ? unit.one : unit.many}`
}

/** What is drawn: `Readings`, `1 min: mean, lowest to highest`. @param resolutions seconds, ascending */
export function describeResolution(resolutions: readonly number[]): string {
  const [finest, coarsest] = [resolutions[0], resolutions.at(-1)]
  if (finest === undefined || coarsest === undefined) return ''
  if (coarsest === 0) return 'Every reading'
  const width =
    finest === coarsest || finest === 0 ? formatSpan(coarsest) : `${formatSpan(finest)} to ${formatSpan(coarsest)}`
  return finest === 0 ? `Readings and ${width} intervals, min–max` : `${width}, min–max`
}
