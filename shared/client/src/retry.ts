import { type Backoff, backoffMs } from './backoff.ts'
import type { ClientError } from './client-error.ts'

/** How requests are repeated that may be: those that only read, and those that carry an idempotency key. */
export interface RetryPolicy extends Backoff {
  /** How often a request is sent at most; 1: never again. */
  readonly attempts: number
  /** A server that asks for a longer pause than this is not waited for: the error comes at once, with `retryAfterSeconds`. */
  readonly maxRetryAfterMs: number
}

export const DEFAULT_RETRY: RetryPolicy = { attempts: 3, firstMs: 300, maxMs: 3000, maxRetryAfterMs: 10_000 }

/** How long to wait before a request is sent again, ms; undefined: not at all. */
export function retryDelayMs(
  policy: RetryPolicy,
  error: ClientError,
  attempt: number,
  random: number,
): number | undefined {
  if (!error.isTemporary || attempt >= policy.attempts) return undefined
  const askedMs = (error.retryAfterSeconds ?? 0) * 1000
  return askedMs > policy.maxRetryAfterMs ? undefined : Math.max(askedMs, backoffMs(policy, attempt, random))
}
