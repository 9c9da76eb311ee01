import type { Timers } from './timers.ts'

/** One interval whose time has come. */
export interface Tick {
  readonly intervalMs: number
  /** Ticks of this interval that were due since its last one and are left out. */
  readonly missed: number
}

export interface TickScheduleOptions {
  readonly intervalsMs: readonly number[]
  /** Microseconds since 1970; advances evenly except for steps, after which `realign` is called. */
  readonly now: () => number
  readonly timers: Pick<Timers, 'after'>
  /** All intervals that are due at this moment, together. */
  readonly onTick: (ticks: readonly Tick[]) => void
}

/**
 * Ticks at the whole multiples of each interval by the clock (each full second at 1000 ms): without drift, because every tick is computed
 * from the clock and not from the one before, and without bunching, because late ticks are counted instead of made up for. Intervals that
 * have a multiple in common tick there together.
 */
export class TickSchedule {
  readonly #options: TickScheduleOptions
  /** Interval → its next tick, all in micros. */
  readonly #due = new Map<number, number>()
  #cancel: (() => void) | undefined

  constructor(options: TickScheduleOptions) {
    this.#options = options
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
    const now = this.#options.now()
    for (const intervalMs of this.#options.intervalsMs)
      this.#due.set(intervalMs * 1000, nextAfter(now, intervalMs * 1000))
    this.#arm()
  }

  #arm(): void {
    if (this.#due.size === 0) return
    const next = Math.min(...this.#due.values())
    const milliseconds = Math.max(0, Math.ceil((next - this.#options.now()) / 1000))
    this.#cancel = this.#options.timers.after(milliseconds, () => this.#wake())
  }

  #wake(): void {
    const now = this.#options.now()
    const ticks: Tick[] = []
    for (const [interval, due] of this.#due) {
      if (now < due) continue // timers count whole milliseconds and may fire a little early
      ticks.push({ intervalMs: interval / 1000, missed: Math.floor((now - due) / interval) })
      this.#due.set(interval, nextAfter(now, interval))
    }
    this.#arm()
    if (ticks.length > 0) this.#options.onTick(ticks)
  }
}

const nextAfter = (now: number, interval: number): number => (Math.floor(now / interval) + 1) * interval
