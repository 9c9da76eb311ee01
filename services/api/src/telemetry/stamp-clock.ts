import { API_INSTANCES, type Micros, nowMicros } from '@webmacs/contracts'

/** Between two stamps of one instance, microseconds: as many instances can stamp in between. */
export const STAMP_STEP: Micros = API_INSTANCES

/**
 * Gives readings that come without a time one of their own. Stamps rise strictly, are never behind the wall clock, and are congruent to the
 * instance's number modulo 64, so that no two instances ever give the same one: one event's values that come to both at once are all kept.
 */
export class StampClock {
  readonly #residue: number
  readonly #now: () => Micros
  #last: Micros = Number.NEGATIVE_INFINITY

  /** @param instance number of this instance; those of the instances that run at one time differ modulo 64 */
  constructor(instance: number, now: () => Micros = nowMicros) {
    this.#residue = instance % STAMP_STEP
    this.#now = now
  }

  /**
   * Reserves as many stamps, `STAMP_STEP` apart.
   * @returns the first of them
   */
  reserve(count: number): Micros {
    const now = this.#now()
    const step = Math.floor(now / STAMP_STEP) * STAMP_STEP + this.#residue
    const first = Math.max(step < now ? step + STAMP_STEP : step, this.#last + STAMP_STEP)
    this.#last = first + (count - 1) * STAMP_STEP
    return first
  }
}
