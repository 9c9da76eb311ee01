import type { OutboxLevel } from './outbox.ts'

/** The rate is taken over about so long, ms. */
const WINDOW_MS = 60_000

interface Point {
  readonly atMs: number
  readonly bytes: number
  readonly maxBytes: number
}

/** How fast the outbox fills up. */
export class FillRate {
  #points: Point[] = []

  /** @param nowMs of a clock that is never set */
  note({ bytes, maxBytes }: OutboxLevel, nowMs = performance.now()): void {
    this.#points.push({ atMs: nowMs, bytes, maxBytes })
    while ((this.#points[0]?.atMs ?? nowMs) < nowMs - WINDOW_MS) this.#points.shift()
  }

  /** undefined: not as things are. */
  secondsUntilFull(): number | undefined {
    const [first] = this.#points
    const last = this.#points.at(-1)
    if (first === undefined || last === undefined || last.bytes <= first.bytes) return undefined
    const bytesPerSecond = ((last.bytes - first.bytes) / (last.atMs - first.atMs)) * 1000
    return Math.max(0, (last.maxBytes - last.bytes) / bytesPerSecond)
  }
}
