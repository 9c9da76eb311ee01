import { type Bus, lagShare, readReadingsLag } from '@webmacs/bus'
import { AppError } from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'

const POLL_MS = 5000
/** From here on the stream might drop what the writer has not stored yet. */
const TOO_FAR = 0.8
const RETRY_AFTER_SECONDS = 10

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
      const share = lagShare(await readReadingsLag(bus))
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
