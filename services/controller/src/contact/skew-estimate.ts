import type { Micros } from '@webmacs/contracts'

/** A question for the time and its answer. */
export interface TimeExchange {
  /** By this machine's clock. */
  readonly asked: Micros
  /** By the server's. */
  readonly server: Micros
  readonly answered: Micros
}

const KEPT = 15
/** More than clocks drift and less than anyone sets them by. */
const STEP_MS = 500

/**
 * How far the server's clock is ahead of this machine's: the median of the last exchanges, each taken as if both ways took equally long
 * (NTP's formula). When this machine's date is set, what was measured before does not count any more.
 */
export class SkewEstimate {
  #offsets: Micros[] = []
  /** Date minus the clock that is never set. */
  #baseMs: number | undefined

  add({ asked, server, answered }: TimeExchange): void {
    this.#offsets = [...this.#offsets, server - (asked + answered) / 2].slice(-KEPT)
  }

  /** 0 while nothing is known. */
  get skew(): Micros {
    const sorted = this.#offsets.toSorted((a, b) => a - b)
    const middle = sorted.length >> 1
    const upper = sorted[middle] ?? 0
    return Math.round(sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2)
  }

  /** @returns whether the date was set since the last call */
  noticeStep(now: Micros, uptimeMs: number): boolean {
    const baseMs = now / 1000 - uptimeMs
    const isStep = this.#baseMs !== undefined && Math.abs(baseMs - this.#baseMs) > STEP_MS
    this.#baseMs = baseMs
    if (isStep) this.#offsets = []
    return isStep
  }
}
