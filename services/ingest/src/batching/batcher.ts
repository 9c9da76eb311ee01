import type { JsMsg } from '@nats-io/jetstream'
import { Batch } from './batch.ts'

export interface BatcherOptions {
  readonly maxRows: number
  readonly maxBytes: number
  /** A batch waits this long for more messages, from its first one, ms. */
  readonly maxAgeMs: number
  readonly accept: (message: JsMsg, batch: Batch) => void
  /** Batches that are committed at the same time. */
  readonly lanes: number
  /** Commits one batch. A rejection ends the batching. */
  readonly commit: (batch: Batch, openedAt: number) => Promise<void>
}

interface Opened {
  readonly batch: Batch
  /** Monotonic, ms. */
  readonly openedAt: number
}

/** Full batches that may wait for a lane; beyond that messages are kept as they came, and nothing more is fetched. */
const MAX_WAITING = 2

/**
 * Gathers messages into batches bounded by rows, bytes and age. While some are committed the next one fills; a batch whose time has come
 * goes on growing until a lane is free. More than one lane keeps the database busy while a commit waits for its disk.
 */
export class Batcher {
  readonly #options: BatcherOptions
  readonly #waiting: Opened[] = []
  /** What came when there was no room: the rest of a pull. Decoded, it would take several times the memory. */
  readonly #undecoded: JsMsg[] = []
  #open: Opened | undefined
  readonly #committing = new Map<Batch, Promise<void>>()
  #timer: NodeJS.Timeout | undefined
  #isDue = false
  #roomMade = Promise.withResolvers<void>()
  #failure: unknown

  constructor(options: BatcherOptions) {
    this.#options = options
  }

  /** Takes a message in any case; whoever waits for `room` before each pull bounds what piles up to one pull. */
  add(message: JsMsg): void {
    if (this.#isFull || this.#undecoded.length > 0) this.#undecoded.push(message)
    else this.#accept(message)
  }

  get #isFull(): boolean {
    return this.#waiting.length >= MAX_WAITING
  }

  #accept(message: JsMsg): void {
    const opened = this.#openBatch()
    this.#options.accept(message, opened.batch)
    const { batch } = opened
    if (batch.rows + batch.unknown.length >= this.#options.maxRows || batch.bytes >= this.#options.maxBytes) {
      this.#close()
      this.#next()
    }
  }

  /** Resolves when more messages may be fetched; rejects when a commit failed for good. */
  async room(): Promise<void> {
    while ((this.#isFull || this.#undecoded.length > 0) && this.#failure === undefined) await this.#roomMade.promise
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Commits what is there, however young; resolves when all is committed. */
  async drain(): Promise<void> {
    do {
      this.#close()
      this.#next()
      await Promise.all(this.#committing.values())
    } while (this.#committing.size > 0 || (this.#open !== undefined && this.#failure === undefined))
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Tells the broker that the messages held here are being worked on, so that it does not deliver them again. */
  sayWorking(): void {
    const batches = [...this.#committing.keys(), ...this.#waiting.map(({ batch }) => batch), this.#open?.batch]
    for (const batch of batches) for (const message of batch?.messages ?? []) message.working()
    for (const message of this.#undecoded) message.working()
  }

  #openBatch(): Opened {
    if (this.#open === undefined) {
      this.#open = { batch: new Batch(), openedAt: performance.now() }
      this.#isDue = false
      this.#timer = setTimeout(() => {
        this.#isDue = true
        this.#next()
      }, this.#options.maxAgeMs)
    }
    return this.#open
  }

  #close(): void {
    clearTimeout(this.#timer)
    if (this.#open !== undefined) this.#waiting.push(this.#open)
    this.#open = undefined
  }

  #next(): void {
    while (this.#committing.size < this.#options.lanes && this.#failure === undefined) {
      if (this.#waiting.length === 0 && this.#isDue) this.#close()
      const opened = this.#waiting.shift()
      if (opened === undefined) return
      this.#start(opened)
      this.#makeRoom()
    }
  }

  #start({ batch, openedAt }: Opened): void {
    const committing = this.#options
      .commit(batch, openedAt)
      .catch((err: unknown) => {
        this.#failure ??= err // told to whoever waits in room or drain
        this.#makeRoom()
      })
      .finally(() => {
        this.#committing.delete(batch)
        this.#next()
      })
    this.#committing.set(batch, committing)
  }

  #makeRoom(): void {
    while (!this.#isFull && this.#failure === undefined) {
      const message = this.#undecoded.shift()
      if (message === undefined) break
      this.#accept(message)
    }
    this.#roomMade.resolve()
    this.#roomMade = Promise.withResolvers()
  }
}
