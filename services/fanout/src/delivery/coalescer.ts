import type { EventId } from '@webmacs/contracts'

/**
 * Decides when an event may be sent: at once if its last sending is `minIntervalMs` ago, else when that time has come, with whatever is
 * newest then. So a burst costs one message now and one later, and the last value before a pause is never left out.
 * Holds no values, only which events wait: memory is bounded by the number of events.
 */
export class Coalescer {
  readonly #minIntervalMs: number
  readonly #lastSent = new Map<EventId, number>()
  readonly #waiting = new Set<EventId>()

  constructor(minIntervalMs: number) {
    this.#minIntervalMs = minIntervalMs
  }

  /** @returns true when the event shall be sent now; otherwise it waits for `due` */
  offer(event: EventId, nowMs: number): boolean {
    if (this.#waiting.has(event)) return false
    const last = this.#lastSent.get(event)
    if (last === undefined || nowMs - last >= this.#minIntervalMs) {
      this.#lastSent.set(event, nowMs)
      return true
    }
    this.#waiting.add(event)
    return false
  }

  /** The events whose time has come; they count as sent. */
  due(nowMs: number): EventId[] {
    const due: EventId[] = []
    for (const event of this.#waiting) {
      if (nowMs - (this.#lastSent.get(event) ?? 0) < this.#minIntervalMs) continue
      this.#waiting.delete(event)
      this.#lastSent.set(event, nowMs)
      due.push(event)
    }
    return due
  }

  get hasWaiting(): boolean {
    return this.#waiting.size > 0
  }
}
