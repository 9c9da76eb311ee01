import type { Micros } from '@webmacs/contracts'

interface Seen {
  newest: Micros
  /** All moments so far; kept only once a reading was not newer than the one before. */
  moments: Set<Micros> | undefined
  readonly inOrder: Micros[]
}

/**
 * Finds the second reading of an event at one moment within a batch: COPY would fail on it for the whole batch. The first one stays, as in
 * the database. Readings mostly come in order, and then one comparison is all it takes.
 */
export class DuplicateGuard {
  readonly #events = new Map<number, Seen>()

  isDuplicate(event: number, time: Micros): boolean {
    const seen = this.#events.get(event)
    if (seen === undefined) {
      this.#events.set(event, { newest: time, moments: undefined, inOrder: [time] })
      return false
    }
    if (time > seen.newest) {
      seen.newest = time
      if (seen.moments === undefined) seen.inOrder.push(time)
      else seen.moments.add(time)
      return false
    }
    seen.moments ??= new Set(seen.inOrder)
    if (seen.moments.has(time)) return true
    seen.moments.add(time)
    return false
  }
}
