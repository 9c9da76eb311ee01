/** Microseconds since 1970. */
type Micros = number

export interface ClockSources {
  /** Never jumps. */
  monotonicMs(): number
  /** The system's date, in whole milliseconds; follows time servers and people who set it. */
  wallMs(): number
}

export const systemSources: ClockSources = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
}

/** Whole milliseconds are as exact as the date is read. */
const RESOLUTION_MICROS = 1000
/** Smaller differences are left alone, so that reading noise does not move the clock. */
const TOLERANCE_MICROS = 2000
/** Beyond this the date was set: waiting for it would take too long. */
const STEP_MICROS = 1_000_000
/** How much the clock is bent at each `adjust`; at one a second, half a percent: intervals stay intervals. */
const SLEW_MICROS = 5000

export type Adjustment = 'steady' | 'stepped'

/**
 * The date on top of the monotonic clock: time stamps that never run backwards and never jump by small corrections, yet stay true to the
 * date over weeks. A date that was set by more than a second is taken over at once and reported, because order cannot be kept then.
 */
export class WallClock {
  readonly #sources: ClockSources
  #offset: Micros

  constructor(sources: ClockSources = systemSources) {
    this.#sources = sources
    this.#offset = this.#measuredOffset()
  }

  now(): Micros {
    return Math.round(this.#monotonic() + this.#offset)
  }

  /** Brings the clock nearer to the date. To be called about once a second. */
  adjust(): Adjustment {
    const error = this.#measuredOffset() - this.#offset
    if (Math.abs(error) > STEP_MICROS) {
      this.#offset += error
      return 'stepped'
    }
    if (Math.abs(error) > TOLERANCE_MICROS) this.#offset += Math.sign(error) * Math.min(Math.abs(error), SLEW_MICROS)
    return 'steady'
  }

  #monotonic(): Micros {
    return this.#sources.monotonicMs() * 1000
  }

  #measuredOffset(): Micros {
    return this.#sources.wallMs() * 1000 + RESOLUTION_MICROS / 2 - this.#monotonic()
  }
}
