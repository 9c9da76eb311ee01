import { ERRORS } from '@webmacs/contracts'
import type { Submission } from './intake.ts'

const FIRST_WAIT_MS = 250
const MAX_WAIT_MS = 5000

/**
 * Tries a batch again until it is taken, refused for good, or the hold time is over: for clients that never send anything twice.
 * One client's batches go through it one at a time.
 */
export class Retries {
  readonly #holdMs: number
  #maxWaitMs = MAX_WAIT_MS
  /** No batch is tried again after this; in milliseconds of `performance.now()`. */
  #endsAt = Number.POSITIVE_INFINITY
  #wake: () => void = () => undefined

  /** @param holdMs how long after its first try a batch may be tried again; 0: never */
  constructor(holdMs: number) {
    this.#holdMs = holdMs
  }

  /** @returns what became of the last attempt */
  async untilTaken(attempt: () => Promise<Submission>): Promise<Submission> {
    const heldUntil = performance.now() + this.#holdMs
    for (let failures = 1; ; failures++) {
      const submission = await attempt()
      if (!canBeTriedAgain(submission)) return submission
      const left = (): number => Math.min(heldUntil, this.#endsAt) - performance.now()
      if (left() <= 0) return submission
      await this.#pause(Math.min(this.#waitMs(failures, submission.retryAfterSeconds), left()))
    }
  }

  /** The client is gone: from now on the hold time counts for all of its batches together, so that they have an end. */
  clientGone(): void {
    this.#endsAt = Math.min(this.#endsAt, performance.now() + this.#holdMs)
  }

  /** There is little time left: waits no longer than at first, beginning with the wait under way. */
  hasten(): void {
    this.#maxWaitMs = FIRST_WAIT_MS
    this.#wake()
  }

  /** From now on nothing is tried again, also not what waits for it; but what waits is tried a last time. */
  end(): void {
    this.#endsAt = 0
    this.#wake()
  }

  /** Doubles with each failure, shortened by up to a quarter so that many do not come at once; never sooner than was asked for. */
  #waitMs(failures: number, askedSeconds = 0): number {
    const waitMs = FIRST_WAIT_MS * 2 ** (failures - 1) * (1 - Math.random() / 4)
    return Math.min(Math.max(waitMs, askedSeconds * 1000), this.#maxWaitMs)
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

type Failed = Extract<Submission, { readonly kind: 'failed' }>

const canBeTriedAgain = (submission: Submission): submission is Failed =>
  submission.kind === 'failed' && ERRORS[submission.code].retryable
