/** A clock that many components share: one timer however many ages are on screen, and none while nobody looks. */
export interface Ticker {
  /** The server's wall clock at the last tick, milliseconds since 1970. */
  now(): number
  /** The server's wall clock at this moment, for what is painted rather than rendered. */
  exactNow(): number
  subscribe(listener: () => void): () => void
  /** Tells what the server's clock says now, so that ages do not depend on the viewer's clock. */
  adjustTo(serverTimeMs: number): void
}

const TICK_MS = 500

export function createTicker(wallClock: () => number = Date.now): Ticker {
  const listeners = new Set<() => void>()
  let offsetMs = 0
  let now = wallClock()
  let timer: ReturnType<typeof setInterval> | undefined
  const tick = (): void => {
    now = wallClock() + offsetMs
    for (const listener of listeners) listener()
  }
  return {
    now: () => now,
    exactNow: () => wallClock() + offsetMs,
    adjustTo: (serverTimeMs) => {
      offsetMs = serverTimeMs - wallClock()
    },
    subscribe: (listener) => {
      listeners.add(listener)
      if (timer === undefined) {
        now = wallClock() + offsetMs
        timer = setInterval(tick, TICK_MS)
      }
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        clearInterval(timer)
        timer = undefined
      }
    },
  }
}
