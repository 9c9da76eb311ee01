import { setTimeout as delay } from 'node:timers/promises'

const POLL_MS = 15

/**
 * Waits until `condition` gives something truthy, and returns it. For what announces itself by no event: rows in a table, a metric.
 * @throws Error naming `what` when the deadline has passed, with the last error of the condition as its cause
 */
export async function until<T>(
  what: string,
  condition: () => Promise<T> | T,
  { timeoutMs = 10_000 }: { readonly timeoutMs?: number } = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs
  let cause: unknown
  while (performance.now() < deadline) {
    try {
      const result = await condition()
      if (result) return result
      cause = undefined
    } catch (err) {
      cause = err
    }
    await delay(POLL_MS)
  }
  throw new Error(`not within ${timeoutMs} ms: ${what}`, { cause })
}
