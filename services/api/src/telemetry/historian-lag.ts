import type { Bus } from '@webmacs/bus'
import { AppError } from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import { lagShare } from './lag-share.ts'

const POLL_MS = 5000
/** From here on the stream might drop what the writer has not stored yet. */
const TOO_FAR = 0.8
const RETRY_AFTER_SECONDS = 10
const NANOS_PER_MS = 1_000_000

/** Watches how near the writer's lag is to the bound of the stream, at which unread readings would be dropped. */
export class HistorianLag {
  readonly #log: Logger
  #isBehind = false
  #timer: NodeJS.Timeout | undefined

  constructor(log: Logger) {
    this.#log = log
  }

  /** @throws AppError `historian.behind` when nothing more may be taken */
  check(): void {
    if (this.#isBehind) throw new AppError('historian.behind', { retryAfterSeconds: RETRY_AFTER_SECONDS })
  }

  start(bus: Bus): void {
    this.#timer = setInterval(() => void this.#poll(bus), POLL_MS)
    void this.#poll(bus)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #poll(bus: Bus): Promise<void> {
    if (bus.status() !== 'connected') return
    try {
      const share = await readLagShare(bus)
      const isBehind = share >= TOO_FAR
      if (isBehind && !this.#isBehind) this.#log.warn({ event: 'historian.behind', share }, 'writer is too far behind')
      if (!isBehind && this.#isBehind) this.#log.info({ event: 'historian.caught-up', share }, 'writer has caught up')
      this.#isBehind = isBehind
    } catch (err) {
      // The last verdict stays: a broker that does not answer will not take readings either.
      this.#log.warn({ event: 'historian.lag-unknown', err }, "the writer's lag could not be read")
    }
  }
}

async function readLagShare({ jsm, names }: Bus): Promise<number> {
  const stream = names.streams.readings
  const [{ config, state }, consumer] = await Promise.all([
    jsm.streams.info(stream),
    jsm.consumers.info(stream, names.durables.ingest),
  ])
  const unacknowledged = consumer.num_pending + consumer.num_ack_pending
  const ageOf = (time: string | Date): number => Date.now() - new Date(time).getTime()
  const maxAgeMs = config.max_age > 0 ? config.max_age / NANOS_PER_MS : Number.POSITIVE_INFINITY
  let oldestAgeMs = unacknowledged > 0 ? ageOf(state.first_ts) : 0
  // No message is older than the stream's first: only where that one is old, the oldest that waits has to be looked at.
  if (oldestAgeMs >= TOO_FAR * maxAgeMs) {
    const seq = Math.max(consumer.ack_floor.stream_seq + 1, state.first_seq)
    const oldest = await jsm.streams.getMessage(stream, { seq })
    if (oldest !== null) oldestAgeMs = ageOf(oldest.time)
  }
  const maxBytes = config.max_bytes > 0 ? config.max_bytes : Number.POSITIVE_INFINITY
  return lagShare({ unacknowledged, messages: state.messages, bytes: state.bytes, maxBytes, oldestAgeMs, maxAgeMs })
}
