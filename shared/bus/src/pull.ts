import type { Consumer, ConsumerMessages, JsMsg } from '@nats-io/jetstream'

export interface PullOptions {
  readonly maxMessages: number
  /** Ends the pull; what was not handed over comes again later. */
  readonly signal: AbortSignal
}

/** An idle pull ends after this long, ms. */
const PULL_EXPIRES_MS = 5000
/** A pull that has not ended by itself so long after its time was lost with a connection, ms. */
const PULL_GRACE_MS = 2000

/**
 * One pull: hands over the messages that are there or come meanwhile, one after the other. In a loop it takes the place of the client's
 * endless `consume`, which buffers without bound while nobody takes the messages.
 * @param take acknowledges; the next message waits until it is done
 */
export async function pullMessages(
  consumer: Consumer,
  { maxMessages, signal }: PullOptions,
  take: (message: JsMsg) => Promise<void> | void,
): Promise<void> {
  const messages = await consumer.fetch({ max_messages: maxMessages, expires: PULL_EXPIRES_MS })
  const stop = stopper(messages)
  signal.addEventListener('abort', stop, { once: true })
  const timer = setTimeout(stop, PULL_EXPIRES_MS + PULL_GRACE_MS)
  try {
    if (signal.aborted) stop()
    for await (const message of messages) await take(message)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

const stopper =
  (messages: ConsumerMessages): (() => void) =>
  () =>
    messages.stop()
