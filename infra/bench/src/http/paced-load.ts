import { setTimeout as delay } from 'node:timers/promises'
import { percentile } from '../latency/percentiles.ts'

export interface LoadOptions {
  readonly perSecond: number
  readonly durationMs: number
  /** One request; resolves with whether it was answered as it should be. */
  readonly send: (turn: number) => Promise<boolean>
}

export interface LoadResult {
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly requests: number
  readonly errors: number
}

/**
 * Sends at a steady pace, whatever the answers do; a request's time counts from the moment it was due, so that a server that stalls does not
 * look quick because nobody asked meanwhile.
 */
export async function runLoad({ perSecond, durationMs, send }: LoadOptions): Promise<LoadResult> {
  const times: number[] = []
  let errors = 0
  const startedAt = performance.now()
  const requests = Math.floor((durationMs / 1000) * perSecond)
  const underWay: Promise<void>[] = []
  for (let turn = 0; turn < requests; turn += 1) {
    const dueAt = startedAt + (turn * 1000) / perSecond
    const waitMs = dueAt - performance.now()
    if (waitMs > 0) await delay(waitMs)
    underWay.push(
      send(turn).then(
        (isGood) => {
          times.push(performance.now() - dueAt)
          if (!isGood) errors += 1
        },
        () => {
          errors += 1
        },
      ),
    )
  }
  await Promise.all(underWay)
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => percentile(times, share)) as [number, number, number]
  return { p50, p95, p99, requests, errors }
}
