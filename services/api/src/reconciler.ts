import { setTimeout as delay } from 'node:timers/promises'
import type { Bus } from '@webmacs/bus'
import type { Change } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'
import type { Kysely, Transaction } from 'kysely'
import { holdLock, type InstanceLock } from './instance-lock.ts'
import { whileConnected } from './while-connected.ts'

export interface ReconcilerParts {
  readonly db: Kysely<Tables>
  readonly bus: Bus
  readonly log: Logger
}

/** What is kept equal to the tables. */
export interface Reconciled {
  /** For the log. */
  readonly name: string
  /** Instances of this service take turns, so that none undoes by what it has read before what another has just done. */
  readonly lock: InstanceLock
  /** A change of these asks for a comparison. */
  readonly entities: readonly string[]
  /** Compares, and writes to the broker only what differs. Fails when the signal fires: the broker is lost. */
  readonly compare: (trx: Transaction<Tables>, signal: AbortSignal) => Promise<void>
}

/** Also without a change: somebody may have tampered with what the broker keeps. */
const INTERVAL_MS = 60_000
const FIRST_RETRY_MS = 250
const MAX_RETRY_MS = 10_000

/**
 * Keeps what the broker holds for controllers equal to the tables, whatever was missed: compares all of it at start, after each change, when
 * the broker comes back, perhaps without its disk, and now and then. The tables are the truth.
 */
export class Reconciler {
  readonly #parts: ReconcilerParts
  readonly #reconciled: Reconciled
  #wake = Promise.withResolvers<void>()
  #running: Promise<void> | undefined

  constructor(parts: ReconcilerParts, reconciled: Reconciled) {
    this.#parts = parts
    this.#reconciled = reconciled
  }

  /** Works until the signal fires. */
  start(signal: AbortSignal): void {
    this.#parts.bus.onStatus((status) => {
      if (status === 'connected') this.request()
    })
    signal.addEventListener('abort', () => this.request(), { once: true })
    this.request()
    this.#running = this.#run(signal)
  }

  async stopped(): Promise<void> {
    await this.#running
  }

  noteChange({ entity }: Pick<Change, 'entity'>): void {
    if (this.#reconciled.entities.includes(entity)) this.request()
  }

  /** Compares soon; requests that come while one is under way are met by one more round. */
  request(): void {
    this.#wake.resolve()
  }

  async #run(signal: AbortSignal): Promise<void> {
    let retryMs = FIRST_RETRY_MS
    while (!signal.aborted) {
      await this.#nextRequest()
      if (signal.aborted) return
      try {
        await this.#compare()
        retryMs = FIRST_RETRY_MS
      } catch (err) {
        const facts = { event: `${this.#reconciled.name}.failed`, retryMs, err }
        this.#parts.log.warn(facts, 'controllers could not be told, trying again')
        await delay(retryMs, undefined, { signal }).catch(() => undefined) // an abort ends the loop above
        retryMs = Math.min(retryMs * 2, MAX_RETRY_MS)
        this.request()
      }
    }
  }

  async #nextRequest(): Promise<void> {
    const timer = setTimeout(() => this.request(), INTERVAL_MS)
    await this.#wake.promise
    clearTimeout(timer)
    this.#wake = Promise.withResolvers()
  }

  async #compare(): Promise<void> {
    const { db, bus } = this.#parts
    const { lock, compare } = this.#reconciled
    if (bus.status() !== 'connected') return // its coming back asks for a comparison
    await db.transaction().execute(async (trx) => {
      await holdLock(trx, lock)
      await whileConnected(bus, (signal) => compare(trx, signal))
    })
  }
}
