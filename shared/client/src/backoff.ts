export interface Backoff {
  readonly firstMs: number
  readonly maxMs: number
}

/** Share of the delay by which it is shortened or lengthened at random, so that many clients do not come back in the same instant. */
const JITTER = 0.2

/**
 * How long to wait before the next attempt: doubles with each failure up to the maximum.
 * @param failures attempts that failed in a row, from 1
 * @param random 0 ≤ n < 1
 */
export function backoffMs({ firstMs, maxMs }: Backoff, failures: number, random: number): number {
  const base = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 20))
  return Math.round(base * (1 - JITTER + 2 * JITTER * random))
}
