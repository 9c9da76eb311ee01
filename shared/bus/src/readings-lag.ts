import type { Bus } from './connection.ts'

/** How far the writers are behind what was published, and how much room the stream has left. */
export interface ReadingsLag {
  /** Messages that no writer was given yet, and those that are given and not acknowledged. */
  readonly pending: number
  readonly unacknowledged: number
  /** All messages in the stream, and their bytes. */
  readonly messages: number
  readonly bytes: number
  readonly maxBytes: number
  /** Age of the oldest message that is not acknowledged; 0 when there is none. */
  readonly oldestAgeMs: number
  readonly maxAgeMs: number
}

const NANOS_PER_MS = 1_000_000

/** Asks the broker about the stream of readings and its writers' durable. */
export async function readReadingsLag({ jsm, names }: Bus): Promise<ReadingsLag> {
  const stream = names.streams.readings
  const [{ config, state }, consumer] = await Promise.all([
    jsm.streams.info(stream),
    jsm.consumers.info(stream, names.durables.ingest),
  ])
  const isBehind = consumer.num_pending + consumer.num_ack_pending > 0
  const seq = Math.max(consumer.ack_floor.stream_seq + 1, state.first_seq)
  const oldest = isBehind ? await jsm.streams.getMessage(stream, { seq }) : null
  return {
    pending: consumer.num_pending,
    unacknowledged: consumer.num_ack_pending,
    messages: state.messages,
    bytes: state.bytes,
    maxBytes: config.max_bytes > 0 ? config.max_bytes : Number.POSITIVE_INFINITY,
    oldestAgeMs: oldest === null ? 0 : Math.max(0, Date.now() - oldest.time.getTime()),
    maxAgeMs: config.max_age > 0 ? config.max_age / NANOS_PER_MS : Number.POSITIVE_INFINITY,
  }
}

/**
 * How much of the way to the stream's bound the writers' lag has gone: at 1 the stream drops what was not stored. Messages that are dealt with
 * do not count, since they are dropped first. Bytes are those of average messages.
 */
export function lagShare(lag: ReadingsLag): number {
  const { pending, unacknowledged, messages, bytes, maxBytes, oldestAgeMs, maxAgeMs } = lag
  const waiting = messages === 0 ? 0 : Math.min(1, (pending + unacknowledged) / messages) * bytes
  return Math.max(waiting / maxBytes, oldestAgeMs / maxAgeMs)
}
