/** setTimeout's longest delay; what expires later is looked at again then. */
const MAX_TIMER_MS = 2 ** 31 - 1

/**
 * Calls `expire` when the time has come.
 * @param expiresAtMs milliseconds since 1970; null: never
 * @returns what calls it off
 */
export function atExpiry(expiresAtMs: number | null, expire: () => void): () => void {
  if (expiresAtMs === null) return () => undefined
  let timer: NodeJS.Timeout
  const arm = (): void => {
    const remaining = expiresAtMs - Date.now()
    timer = remaining <= 0 ? setTimeout(expire, 0) : setTimeout(arm, Math.min(remaining, MAX_TIMER_MS))
  }
  arm()
  return () => clearTimeout(timer)
}
