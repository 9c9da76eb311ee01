import type { ServerResponse } from 'node:http'

/**
 * Cuts a client that reads nothing for a time. What waits for the database, not for the client, is no idleness: only what was written and does
 * not get out counts.
 */
export function watchIdleness(
  response: ServerResponse,
  idleMs: number,
  onIdle: () => void,
): { moved(): void; stop(): void } {
  let movedAt = performance.now()
  const check = setInterval(
    () => {
      if (!response.writableNeedDrain) movedAt = performance.now()
      else if (performance.now() - movedAt >= idleMs) {
        clearInterval(check)
        onIdle()
      }
    },
    Math.min(idleMs / 4, 1000),
  )
  check.unref()
  return {
    moved: () => {
      movedAt = performance.now()
    },
    stop: () => clearInterval(check),
  }
}
