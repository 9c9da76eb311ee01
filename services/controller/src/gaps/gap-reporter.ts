import { type Bus, request } from '@webmacs/bus'
import { AppError, GapRecorded } from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import { BackOff } from '../back-off.ts'
import { type GapBook, reportOf } from './gap-book.ts'

export interface GapReporterOptions {
  readonly bus: Bus
  readonly book: GapBook
  readonly source: string
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
}

const RETRY = { firstMs: 500, maxMs: 30_000 }
const REQUEST_TIMEOUT_MS = 5000

/** Tells the historian of gaps, one after the other, until it has written each down. */
export class GapReporter {
  readonly #options: GapReporterOptions
  readonly #backOff = new BackOff(RETRY)
  #telling: Promise<void> | undefined
  #pause: NodeJS.Timeout | undefined
  #stopFollowing: (() => void) | undefined
  #isStopped = false

  constructor(options: GapReporterOptions) {
    this.#options = options
  }

  start(): void {
    const { bus, book } = this.#options
    this.#stopFollowing = bus.onStatus((status) => {
      if (status === 'connected') this.#resume()
    })
    book.onAdded(() => this.#wake())
    this.#resume()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#stopFollowing?.()
    clearTimeout(this.#pause)
    await this.#telling
  }

  #resume(): void {
    clearTimeout(this.#pause)
    this.#pause = undefined
    this.#wake()
  }

  #wake(): void {
    if (this.#isStopped || this.#pause !== undefined) return
    this.#telling ??= this.#tellAll().finally(() => {
      this.#telling = undefined
    })
  }

  async #tellAll(): Promise<void> {
    const { bus, book } = this.#options
    while (!this.#isStopped && book.size > 0 && bus.status() === 'connected') {
      if (!(await this.#tellNext())) return
    }
  }

  /** @returns whether it is done with */
  async #tellNext(): Promise<boolean> {
    const { bus, book, source, log } = this.#options
    const entry = book.next()
    if (entry === undefined) return false
    const report = reportOf(source, entry.gap)
    try {
      await request(bus, bus.names.subjects.historian('gap'), report, GapRecorded, { timeoutMs: REQUEST_TIMEOUT_MS })
      log.info({ event: 'gap.recorded', ...report }, 'gap stands in the ledger')
    } catch (err) {
      if (!(err instanceof AppError && err.code === 'request.invalid')) {
        this.#waitAfter(err)
        return false
      }
      // Asking the same again would be refused again, and all others wait behind it.
      log.error({ event: 'gap.refused', err, ...report }, 'the historian refuses the gap')
    }
    this.#backOff.reset()
    book.settle(entry.id)
    return true
  }

  #waitAfter(err: unknown): void {
    if (this.#isStopped) return
    const waitMs = this.#backOff.nextMs()
    this.#options.log.warn({ event: 'gap.untold', err, waitMs }, 'a gap could not be told, trying again')
    this.#pause = setTimeout(() => this.#resume(), waitMs)
  }
}
