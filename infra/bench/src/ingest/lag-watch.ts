import { setTimeout as delay } from 'node:timers/promises'
import { type Bus, readReadingsLag } from '@webmacs/bus'

export interface LagWatch {
  /** Most messages that were not committed at one time, so far, and the greatest age of one of them. */
  readonly worst: { readonly messages: number; readonly seconds: number }
  /** Resolves when the writers were once less than this behind. */
  untilBelow(seconds: number): Promise<void>
  stop(): Promise<void>
}

const INTERVAL_MS = 250

/** Looks again and again how far the writers are behind. */
export function watchLag(bus: Bus): LagWatch {
  const stopped = new AbortController()
  const worst = { messages: 0, seconds: 0 }
  let seconds = Number.POSITIVE_INFINITY
  const watching = (async () => {
    while (!stopped.signal.aborted) {
      const lag = await readReadingsLag(bus)
      seconds = lag.oldestAgeMs / 1000
      worst.messages = Math.max(worst.messages, lag.pending + lag.unacknowledged)
      worst.seconds = Math.max(worst.seconds, seconds)
      await delay(INTERVAL_MS)
    }
  })()
  return {
    worst,
    untilBelow: async (limit) => {
      seconds = Number.POSITIVE_INFINITY
      while (seconds >= limit) await delay(INTERVAL_MS / 5)
    },
    stop: () => {
      stopped.abort()
      return watching
    },
  }
}
