import type { Micros } from '@webmacs/contracts'

/** What a reading of the button means. */
export type ButtonMove = 'press' | 'release'

interface Heard {
  pressed: Micros
  released: Micros
  isPressed: boolean
}

/** Older readings move nothing: a press that was kept somewhere must not open a valve that nobody looks at any more. */
const MAX_AGE: Micros = 10_000_000
/** Clocks differ by seconds; what lies further ahead is a mistake, and would hide all that comes after it. */
const MAX_AHEAD: Micros = 10_000_000

/**
 * Finds out what readings of the button mean. A value that somebody hands in to an api is a press or a release by itself. A button that a
 * controller samples says the same over and over: only its changes count, so that a switch that is left on opens the valve once.
 */
export class Button {
  readonly #bySource = new Map<string, Heard>()
  #resetOn: Micros = Number.NEGATIVE_INFINITY

  /**
   * @param now time for the server
   * @returns undefined: nothing new
   */
  hear(source: string, value: number, time: Micros, now: Micros): ButtonMove | undefined {
    if (time < now - MAX_AGE || time > now + MAX_AHEAD) return undefined
    const isPressed = Math.trunc(value) === 1
    const last = this.#bySource.get(source)
    if (last !== undefined && time <= (isPressed ? Math.max(last.pressed, last.released) : last.released))
      return undefined
    this.#bySource.set(source, {
      pressed: isPressed ? time : (last?.pressed ?? Number.NEGATIVE_INFINITY),
      released: isPressed ? (last?.released ?? Number.NEGATIVE_INFINITY) : time,
      isPressed,
    })
    if (isSampled(source) && (last === undefined || last.isPressed === isPressed)) return undefined
    if (!isPressed) return 'release'
    return time > this.#resetOn ? 'press' : undefined
  }

  /** Takes every press so far back. @returns the time of the reading that says so, newer than all of them */
  reset(now: Micros): Micros {
    const heard = [...this.#bySource.values()].map(({ pressed, released }) => Math.max(pressed, released) + 1)
    const previous = this.#resetOn > now + MAX_AHEAD ? Number.NEGATIVE_INFINITY : this.#resetOn + 1
    this.#resetOn = Math.max(now, previous, ...heard.filter((time) => time <= now + MAX_AHEAD))
    return this.#resetOn
  }
}

const isSampled = (source: string): boolean => !source.startsWith('api-')
