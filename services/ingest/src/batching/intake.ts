import { setTimeout as delay } from 'node:timers/promises'
import type { Consumer } from '@nats-io/jetstream'
import { type Bus, pullMessages } from '@webmacs/bus'
import type { Logger } from '@webmacs/service-kit'
import type { Batcher } from './batcher.ts'

export interface IntakeOptions {
  readonly bus: Bus
  readonly batcher: Batcher
  readonly log: Logger
  /** Fires when no more shall be fetched. */
  readonly signal: AbortSignal
}

const RETRY_MS = 500
/** Bytes that one pull may bring, about: that many messages of the last pull's mean size. */
const PULL_BYTES = 4 * 1024 * 1024
const MIN_PULL_MESSAGES = 8
/**
 * Bounds the bytes when small messages are followed by the largest ones: 32 MB of catch-up messages. The client's `max_bytes` would be exact,
 * but it does not see the end of such a pull on server 2.9, which says nothing when the messages ran out before the bytes.
 */
const MAX_PULL_MESSAGES = 128
const FIRST_PULL_MESSAGES = 64

/**
 * Pulls messages into the batcher until the signal fires. Pull by pull and not by the client's endless `consume`, which buffers without
 * bound when nobody takes the messages: while the database is away nothing more may be fetched.
 */
export async function runIntake({ bus, batcher, log, signal }: IntakeOptions): Promise<void> {
  let consumer: Consumer | undefined
  let maxMessages = FIRST_PULL_MESSAGES
  while (!signal.aborted) {
    await batcher.room()
    try {
      consumer ??= await bus.js.consumers.get(bus.names.streams.readings, bus.names.durables.ingest)
      let count = 0
      let bytes = 0
      await pullMessages(consumer, { maxMessages, signal }, (message) => {
        batcher.add(message)
        count += 1
        bytes += message.data.length
      })
      if (count > 0) maxMessages = pullSize(bytes / count)
    } catch (err) {
      if (signal.aborted || bus.nc.isClosed()) return
      consumer = undefined
      log.warn({ event: 'intake.pull-failed', err }, 'messages could not be fetched, trying again')
      await delay(RETRY_MS, undefined, { signal }).catch(ignoreAbort)
    }
  }
}

const pullSize = (meanBytes: number): number =>
  Math.round(Math.min(Math.max(PULL_BYTES / Math.max(meanBytes, 1), MIN_PULL_MESSAGES), MAX_PULL_MESSAGES))

function ignoreAbort(err: unknown): void {
  if (!(err instanceof Error && err.name === 'AbortError')) throw err
}
