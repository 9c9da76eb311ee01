import type { Micros } from '@webmacs/contracts'
import { type Acceptance, type Database, oldestAccepted, readAcceptance } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'

export interface AcceptanceLimitOptions {
  readonly database: Database
  readonly log: Logger
  /** Bound where datapoints are kept for longer, days; also holds until the settings were read for the first time. */
  readonly maxDays: number
}

const EVERY_MS = 60_000
const RETRY_MS = 1000

/** How old a reading may be: follows the retention of datapoints, within a minute or as soon as it is told of a change. */
export class AcceptanceLimit {
  readonly #options: AcceptanceLimitOptions
  #acceptance: Acceptance
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(options: AcceptanceLimitOptions) {
    this.#options = options
    this.#acceptance = { days: options.maxDays, from: 0 }
    this.refresh()
  }

  readonly oldest = (now: Micros): Micros => oldestAccepted(this.#acceptance, now)

  /** Reads the settings now. */
  readonly refresh = (): void => {
    clearTimeout(this.#timer)
    void this.#read().then((nextMs) => {
      clearTimeout(this.#timer)
      if (!this.#isStopped) this.#timer = setTimeout(this.refresh, nextMs)
    })
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  /** @returns after how many milliseconds to read again */
  async #read(): Promise<number> {
    const { database, log, maxDays } = this.#options
    try {
      this.#acceptance = await readAcceptance(database.db, maxDays)
      return EVERY_MS
    } catch (err) {
      if (!this.#isStopped) log.warn({ event: 'acceptance.unknown', err }, 'retention could not be read, trying again')
      return RETRY_MS
    }
  }
}
