export interface StreamLag {
  /** Messages that the writer has not acknowledged. */
  readonly unacknowledged: number
  /** All messages in the stream, and their bytes. */
  readonly messages: number
  readonly bytes: number
  readonly maxBytes: number
  /** Age of the oldest message that is not acknowledged; 0 when there is none. */
  readonly oldestAgeMs: number
  readonly maxAgeMs: number
}

/**
 * How much of the way to the stream's bound the writer's lag has gone: at 1 the stream drops what was not stored. Messages that are dealt with
 * do not count, since they are dropped first. Bytes are those of average messages.
 */
export function lagShare({ unacknowledged, messages, bytes, maxBytes, oldestAgeMs, maxAgeMs }: StreamLag): number {
  const waiting = messages === 0 ? 0 : Math.min(1, unacknowledged / messages) * bytes
  return Math.max(waiting / maxBytes, oldestAgeMs / maxAgeMs)
}
