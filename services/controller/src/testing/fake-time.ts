import { setImmediate as turn } from 'node:timers/promises'
import type { Timers } from '../plugin-host/timers.ts'

interface Pending {
  readonly atMs: number
  readonly run: () => void
}

/** Time that passes when a test says so; between two moments everything that waits gets its turn. */
export class FakeTime implements Timers {
  #nowMs = 0
  #setByMs = 0
  readonly #pending = new Set<Pending>()

  /** Micros; starts at a whole second. */
  readonly now = (): number => (this.#nowMs + this.#setByMs) * 1000

  readonly uptimeMs = (): number => this.#nowMs

  /** Somebody sets the date; nothing else notices. */
  setDate(byMs: number): void {
    this.#setByMs += byMs
  }

  after(milliseconds: number, run: () => void): () => void {
    const pending = { atMs: this.#nowMs + milliseconds, run }
    this.#pending.add(pending)
    return () => void this.#pending.delete(pending)
  }

  async advance(milliseconds: number): Promise<void> {
    const untilMs = this.#nowMs + milliseconds
    for (;;) {
      await turn()
      const next = [...this.#pending].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0]
      if (next === undefined) break
      this.#pending.delete(next)
      this.#nowMs = next.atMs
      next.run()
    }
    this.#nowMs = untilMs
  }
}
