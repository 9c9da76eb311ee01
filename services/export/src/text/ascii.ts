import type { Micros } from '@webmacs/contracts'

/** Digits and the like, written straight into a buffer: a text in between for each number of each row is what would cost most. */

const ZERO = 0x30
const MICROS_PER_SECOND = 1_000_000

/** @returns where the next byte goes, as every function here does */
export function putText(buffer: Uint8Array, at: number, text: string): number {
  for (let index = 0; index < text.length; index += 1) buffer[at + index] = text.charCodeAt(index)
  return at + text.length
}

export function putBytes(buffer: Uint8Array, at: number, bytes: Uint8Array): number {
  const { length } = bytes
  for (let index = 0; index < length; index += 1) buffer[at + index] = bytes[index] ?? 0
  return at + length
}

function putSixDigits(buffer: Uint8Array, at: number, value: number): number {
  let rest = value
  for (let index = at + 5; index >= at; index -= 1) {
    const tenth = Math.floor(rest / 10)
    buffer[index] = ZERO + rest - tenth * 10
    rest = tenth
  }
  return at + 6
}

/** Moments as `2026-11-23T16:00:00.123456`: what is the same for a whole second is made once. */
export class TimeWriter {
  #second = Number.NaN
  #text = new Uint8Array()

  put(buffer: Uint8Array, at: number, time: Micros): number {
    const second = Math.floor(time / MICROS_PER_SECOND)
    if (second !== this.#second) {
      this.#second = second
      this.#text = Buffer.from(`${new Date(second * 1000).toISOString().slice(0, -5)}.`, 'latin1')
    }
    return putSixDigits(buffer, putBytes(buffer, at, this.#text), time - second * MICROS_PER_SECOND)
  }
}

const RADIX = 36
/** Five digits in base 36: a minute of microseconds, so what comes before them changes that seldom. */
const LOW = RADIX ** 5
const DIGITS = Buffer.from('0123456789abcdefghijklmnopqrstuvwxyz', 'latin1')

/** Microseconds in base 36. */
export class Base36Writer {
  #high = Number.NaN
  #text = new Uint8Array()

  put(buffer: Uint8Array, at: number, value: number): number {
    if (value < LOW) return putText(buffer, at, value.toString(RADIX)) // no leading zeros, and what lies before 1970
    const high = Math.floor(value / LOW)
    if (high !== this.#high) {
      this.#high = high
      this.#text = Buffer.from(high.toString(RADIX), 'latin1')
    }
    const low = putBytes(buffer, at, this.#text)
    let rest = value - high * LOW
    for (let index = low + 4; index >= low; index -= 1) {
      const digit = rest % RADIX
      buffer[index] = DIGITS[digit] ?? ZERO
      rest = (rest - digit) / RADIX
    }
    return low + 5
  }
}

/** With so few digits in all, each double has one decimal form, and the shortest is this one without the zeros at its end. */
const MOST_EXACT = 1e15
const SCALE = 1_000_000
const LEAST_PLAIN = 1e-4

/**
 * Writes a number that has up to six decimals, as nearly all readings do: at least one is written where `withPoint`.
 * @returns −1 where it needs more care: nothing was written
 */
export function putDecimal(buffer: Uint8Array, at: number, value: number, withPoint: boolean): number {
  const scaled = Math.round(value * SCALE)
  if (scaled / SCALE !== value || scaled >= MOST_EXACT || scaled <= -MOST_EXACT) return -1
  if (scaled === 0 ? Object.is(value, -0) : scaled < LEAST_PLAIN * SCALE && scaled > -LEAST_PLAIN * SCALE) return -1
  let end = at
  let rest = scaled
  if (scaled < 0) {
    buffer[end] = 0x2d // -
    end += 1
    rest = -scaled
  }
  const whole = Math.floor(rest / SCALE)
  end = putWhole(buffer, end, whole)
  const fraction = rest - whole * SCALE
  if (fraction === 0 && !withPoint) return end
  buffer[end] = 0x2e // .
  end = putSixDigits(buffer, end + 1, fraction)
  const shortest = end - 5
  while (end > shortest && buffer[end - 1] === ZERO) end -= 1
  return end
}

function putWhole(buffer: Uint8Array, at: number, value: number): number {
  let digits = 1
  for (let limit = 10; limit <= value; limit *= 10) digits += 1
  let rest = value
  for (let index = at + digits - 1; index >= at; index -= 1) {
    const tenth = Math.floor(rest / 10)
    buffer[index] = ZERO + rest - tenth * 10
    rest = tenth
  }
  return at + digits
}
