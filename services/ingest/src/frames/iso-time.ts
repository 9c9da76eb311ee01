import { type Micros, parseTime } from '@webmacs/contracts'

const PREFIX = 'YYYY-MM-DDTHH:MM:SS'.length
const ZERO = 48
const NINE = 57
const POINT = 46
const ZULU = 90
const MAX_DIGITS = 6

/**
 * A parser of the bus's moments that gives what `parseTime` gives and remembers the last second: frames of one second differ only in the
 * fraction, which takes a few operations to read.
 */
export function createTimeParser(): (text: string) => Micros | undefined {
  let prefix = ''
  let second: Micros = 0
  return (text) => {
    if (!text.startsWith(prefix) || prefix === '') {
      const start = text.slice(0, PREFIX)
      const parsed = parseTime(`${start}Z`)
      if (parsed === undefined) return undefined
      prefix = start
      second = parsed
    }
    const fraction = fractionOf(text)
    return fraction === undefined ? undefined : second + fraction
  }
}

/** Microseconds of `.123456Z` or `Z` after the second; undefined for every other text. */
function fractionOf(text: string): Micros | undefined {
  const end = text.length - 1
  if (text.charCodeAt(end) !== ZULU) return undefined
  if (end === PREFIX) return 0
  const digits = end - PREFIX - 1
  if (text.charCodeAt(PREFIX) !== POINT || digits < 1 || digits > MAX_DIGITS) return undefined
  let fraction = 0
  for (let position = PREFIX + 1; position < end; position += 1) {
    const code = text.charCodeAt(position)
    if (code < ZERO || code > NINE) return undefined
    fraction = fraction * 10 + (code - ZERO)
  }
  for (let missing = digits; missing < MAX_DIGITS; missing += 1) fraction *= 10
  return fraction
}
