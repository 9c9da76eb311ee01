import type { Micros } from '@webmacs/contracts'
import { type Acceptance, type Database, oldestAccepted, readAcceptance } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'

export interface AcceptanceLimitOptions {
  readonly database: Database
  readonly log: Logger
  /** Bound where datapoints are kept for longer, days. */
  readonly maxDays: number
}

/** Less than retention waits before it follows changed settings. */
const EVERY_MS = 2000
const RETRY_MS = 1000

/** How old a reading may be: follows the retention of datapoints, within seconds or as soon as it is told of a change. */
export class AcceptanceLimit {
  readonly #options: AcceptanceLimitOptions
  readonly #known = Promise.withResolvers<void>()
  #acceptance: Acceptance | undefined
  #timer: NodeJS.Timeout | undefined
  #reads = 0
  #isStopped = false

  constructor(options: AcceptanceLimitOptions) {
    this.#options = options
    this.refresh()
  }

  /** Fulfilled when the settings were read for the first time. Before, nothing can be accepted. */
  get known(): Promise<void> {
    return this.#known.promise
  }

  /** @throws Error before the settings are known */
  readonly oldest = (now: Micros): Micros => {
    if (this.#acceptance === undefined) throw new Error('the retention of datapoints is not known yet')
    return oldestAccepted(this.#acceptance, now)
  }

  /** Reads the settings now. What was asked before and is answered later counts no more. */
  readonly refresh = (): void => {
    clearTimeout(this.#timer)
    this.#reads += 1
    const read = this.#reads
    void this.#read(read).then((nextMs) => {
      if (!this.#isStopped && read === this.#reads) this.#timer = setTimeout(this.refresh, nextMs)
    })
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  /** @returns after how many milliseconds to read again */
  async #read(read: number): Promise<number> {
    const { database, log, maxDays } = this.#options
    try {
      const acceptance = await readAcceptance(database.db, maxDays)
      if (read !== this.#reads) return EVERY_MS
      this.#acceptance = acceptance
      this.#known.resolve()
      return EVERY_MS
    } catch (err) {
      if (!this.#isStopped) log.warn({ event: 'acceptance.unknown', err }, 'retention could not be read, trying again')
      return RETRY_MS
    }
  }
}
