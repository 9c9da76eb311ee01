/** Runs something later. */
export interface Timers {
  /** @returns what cancels it */
  after(milliseconds: number, run: () => void): () => void
}

export const systemTimers: Timers = {
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds)
    return () => clearTimeout(timer)
  },
}

export interface TickScheduleOptions {
  readonly intervalMs: number
  /** Microseconds since 1970; advances evenly except for steps, after which `realign` is called. */
  readonly now: () => number
  readonly timers: Timers
  /** @param missed ticks that were due since the last one and are left out */
  readonly onTick: (missed: number) => void
}

/**
 * Ticks at the whole multiples of the interval by the clock (each full second at 1000 ms): without drift, because every tick is computed
 * from the clock and not from the one before, and without bunching, because late ticks are counted instead of made up for.
 */
export class TickSchedule {
  readonly #options: TickScheduleOptions
  readonly #interval: number
  #due = 0
  #cancel: (() => void) | undefined

  constructor(options: TickScheduleOptions) {
    this.#options = options
    this.#interval = options.intervalMs * 1000
  }

  start(): void {
    this.realign()
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  /** Starts anew from the clock as it is now, without missed ticks: at the beginning, and after the clock was set. */
  realign(): void {
    this.stop()
    this.#due = this.#nextAfter(this.#options.now())
    this.#arm()
  }

  #nextAfter(now: number): number {
    return (Math.floor(now / this.#interval) + 1) * this.#interval
  }

  #arm(): void {
    const milliseconds = Math.max(0, Math.ceil((this.#due - this.#options.now()) / 1000))
    this.#cancel = this.#options.timers.after(milliseconds, () => this.#wake())
  }

  #wake(): void {
    const now = this.#options.now()
    if (now < this.#due) {
      this.#arm() // timers count whole milliseconds and may fire a little early
      return
    }
    const missed = Math.floor((now - this.#due) / this.#interval)
    this.#due = this.#nextAfter(now)
    this.#arm()
    this.#options.onTick(missed)
  }
}
