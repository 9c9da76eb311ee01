import type { Bus } from '@webmacs/bus'
import { nowMicros } from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import { BackOff } from '../back-off.ts'
import type { Outbox, OutboxMessage } from '../outbox/outbox.ts'
import type { BacklogRate } from './backlog-rate.ts'

export interface PublisherOptions {
  readonly bus: Bus
  readonly outbox: Outbox
  readonly source: string
  /** Messages whose acknowledgement may be outstanding. */
  readonly window: number
  /** How fast older frames may go. */
  readonly rate: BacklogRate
  readonly ackTimeoutMs: number
  readonly log: Logger
  readonly onPublished: (message: OutboxMessage) => void
}

const RETRY = { firstMs: 500, maxMs: 10_000 }

/**
 * Publishes what the outbox has, in order, a bounded number of messages ahead of their acknowledgements. While the broker is away it
 * waits; what was not acknowledged goes back into the outbox and is sent again. A backlog goes at its rate and takes half of the window at
 * most, so that live frames find the rest of it free.
 */
export class Publisher {
  readonly #options: PublisherOptions
  readonly #backOff = new BackOff(RETRY)
  readonly #flushed = new Set<() => void>()
  #inFlight = 0
  #backlogInFlight = 0
  #nextBacklog: NodeJS.Timeout | undefined
  #pause: NodeJS.Timeout | undefined
  #stopped = false
  #stopFollowing: (() => void) | undefined

  constructor(options: PublisherOptions) {
    this.#options = options
  }

  start(): void {
    this.#stopFollowing = this.#options.bus.onStatus((status) => {
      if (status === 'connected') this.#resume()
    })
    this.wake()
  }

  /** To be called when the outbox has something new. */
  wake(): void {
    const { bus, outbox, window } = this.#options
    while (this.#mayPublish() && this.#inFlight < window && bus.status() === 'connected') {
      const message = outbox.take(nowMicros(), { backlog: this.#mayCatchUp() })
      if (message === undefined) break
      void this.#publish(message)
    }
    if (outbox.unsent() === 0) for (const tell of this.#flushed) tell()
  }

  /** Resolves when the broker has everything, or when the signal fires. @returns whether it has */
  async flush(signal: AbortSignal): Promise<boolean> {
    const done = Promise.withResolvers<void>()
    const tell = (): void => done.resolve()
    this.#flushed.add(tell)
    signal.addEventListener('abort', tell, { once: true })
    if (signal.aborted) tell()
    this.#resume()
    await done.promise
    this.#flushed.delete(tell)
    signal.removeEventListener('abort', tell)
    return this.#options.outbox.unsent() === 0
  }

  stop(): void {
    this.#stopFollowing?.()
    this.#stopped = true
    clearTimeout(this.#pause)
    clearTimeout(this.#nextBacklog)
  }

  #mayPublish(): boolean {
    return !this.#stopped && this.#pause === undefined
  }

  /** When it is too early, this comes back by itself. */
  #mayCatchUp(): boolean {
    const { rate, window } = this.#options
    if (this.#backlogInFlight >= Math.ceil(window / 2)) return false
    const waitMs = rate.waitMs()
    if (waitMs > 0)
      this.#nextBacklog ??= setTimeout(() => {
        this.#nextBacklog = undefined
        this.wake()
      }, waitMs)
    return waitMs === 0
  }

  async #publish(message: OutboxMessage): Promise<void> {
    const { bus, outbox, source, ackTimeoutMs, onPublished } = this.#options
    const { subjects } = bus.names
    const subject = message.lane === 'live' ? subjects.readings(source) : subjects.backlog(source)
    const isBacklog = message.lane === 'backlog'
    this.#inFlight += 1
    if (isBacklog) {
      this.#backlogInFlight += 1
      this.#options.rate.spend(message.readings)
    }
    try {
      const ack = await bus.js.publish(subject, message.payload, { timeout: ackTimeoutMs, retries: 0 })
      outbox.confirm(message, ack.seq)
      this.#backOff.reset()
      onPublished(message)
    } catch (err) {
      outbox.giveBack(message)
      this.#waitAfter(err)
    } finally {
      this.#inFlight -= 1
      if (isBacklog) this.#backlogInFlight -= 1
    }
    this.wake()
  }

  /** One pause for all that failed together. */
  #waitAfter(err: unknown): void {
    if (!this.#mayPublish()) return
    const waitMs = this.#backOff.nextMs()
    if (this.#options.bus.status() === 'connected')
      this.#options.log.warn({ event: 'outbox.publish-failed', err, waitMs }, 'frames were not accepted, trying again')
    this.#pause = setTimeout(() => this.#resume(), waitMs)
  }

  #resume(): void {
    clearTimeout(this.#pause)
    this.#pause = undefined
    this.wake()
  }
}
