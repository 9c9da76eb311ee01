/** Readings per second that a controller catches up with at least. */
const LEAST = 2000
/** Times of what comes in, so that a backlog shrinks. */
const TIMES_NOMINAL = 5
/** The measured rate follows within about so long, ms. */
const WINDOW_MS = 30_000
/** No more than so long's worth may go at once after a pause, ms. */
const BURST_MS = 250

export interface BacklogRateOptions {
  /** Readings per second; undefined: five times what comes in, at least 2000. */
  readonly fixed: number | undefined
  /** Milliseconds of a clock that is never set. */
  readonly now?: () => number
}

/** How fast a backlog may go, so that the historian and whoever looks at live values do not notice it. */
export class BacklogRate {
  readonly #options: BacklogRateOptions
  readonly #now: () => number
  #nominal = 0
  #noted = 0
  #notedSinceMs: number
  /** Readings that may go now; below 0 after a large message. */
  #credit = 0
  #creditAtMs: number

  constructor(options: BacklogRateOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
    this.#notedSinceMs = this.#now()
    this.#creditAtMs = this.#notedSinceMs
  }

  /** So many readings were sampled. */
  note(readings: number): void {
    this.#noted += readings
    const passedMs = this.#now() - this.#notedSinceMs
    if (passedMs < 1000) return
    const weight = 1 - Math.exp(-passedMs / WINDOW_MS)
    const rate = (this.#noted / passedMs) * 1000
    this.#nominal = this.#nominal === 0 ? rate : this.#nominal + weight * (rate - this.#nominal)
    this.#noted = 0
    this.#notedSinceMs = this.#now()
  }

  /** Readings per second that come in, measured. */
  nominal(): number {
    return this.#nominal
  }

  /** Readings per second that may go out. */
  limit(): number {
    return this.#options.fixed ?? Math.max(LEAST, TIMES_NOMINAL * this.#nominal)
  }

  /** How long the next message has to wait, ms; 0: it may go. */
  waitMs(): number {
    this.#earn()
    return this.#credit > 0 ? 0 : Math.ceil(((1 - this.#credit) / this.limit()) * 1000)
  }

  /** So many readings went. */
  spend(readings: number): void {
    this.#earn()
    this.#credit -= readings
  }

  #earn(): void {
    const passedMs = this.#now() - this.#creditAtMs
    this.#creditAtMs += passedMs
    this.#credit = Math.min((this.limit() * BURST_MS) / 1000, this.#credit + (this.limit() * passedMs) / 1000)
  }
}
