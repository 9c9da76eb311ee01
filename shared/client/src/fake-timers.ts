import type { Timers } from './timers.ts'

export interface FakeTimers extends Timers {
  /** Moves time on and calls back what falls due, in order. */
  advance(ms: number): void
}

/** Time that a test moves by hand. Starts at 0. */
export function createFakeTimers(): FakeTimers {
  let now = 0
  let due: { at: number; callback: () => void }[] = []
  return {
    now: () => now,
    after: (ms, callback) => {
      const entry = { at: now + ms, callback }
      due.push(entry)
      return () => {
        due = due.filter((other) => other !== entry)
      }
    },
    advance: (ms) => {
      const target = now + ms
      for (;;) {
        const next = due.filter(({ at }) => at <= target).sort((a, b) => a.at - b.at)[0]
        if (next === undefined) break
        due = due.filter((entry) => entry !== next)
        now = next.at
        next.callback()
      }
      now = target
    },
  }
}
