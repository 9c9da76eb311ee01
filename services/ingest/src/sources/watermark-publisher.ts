import type { Bus } from '@webmacs/bus'
import type { Database } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'
import type { SourceEpoch } from '../batching/batch.ts'
import { readWatermarks } from './read-watermark.ts'

export interface WatermarkPublisherOptions {
  readonly bus: Bus
  readonly database: Database
  readonly log: Logger
}

/** A source hears of its progress at most this often, ms. */
const INTERVAL_MS = 1000

/** Tells sources up to where their frames are committed. Read from the table, so that it holds for all writers together. */
export class WatermarkPublisher {
  readonly #options: WatermarkPublisherOptions
  readonly #changed = new Map<string, SourceEpoch>()
  #timer: NodeJS.Timeout | undefined
  #publishing: Promise<void> | undefined
  #publishedAt = Number.NEGATIVE_INFINITY
  #isStopped = false

  constructor(options: WatermarkPublisherOptions) {
    this.#options = options
  }

  /** To be called after each commit; the first change goes out at once, further ones when the second is over. */
  readonly changed = (sources: readonly SourceEpoch[]): void => {
    for (const source of sources) this.#changed.set(`${source.source}.${source.epoch}`, source)
    this.#schedule()
  }

  /** Publishes what is left, then no more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#publishing
    await this.#publish()
  }

  #schedule(): void {
    if (this.#isStopped || this.#changed.size === 0 || this.#timer !== undefined) return
    const waitMs = Math.max(0, this.#publishedAt + INTERVAL_MS - performance.now())
    this.#timer = setTimeout(() => {
      this.#publishing = this.#publish().finally(() => {
        this.#timer = undefined
        this.#publishing = undefined
        this.#schedule()
      })
    }, waitMs)
  }

  async #publish(): Promise<void> {
    const { bus, database, log } = this.#options
    const sources = [...this.#changed.values()]
    if (sources.length === 0) return
    this.#changed.clear()
    this.#publishedAt = performance.now()
    try {
      for (const watermark of await readWatermarks(database, sources))
        bus.nc.publish(bus.names.subjects.watermarks(watermark.source), JSON.stringify(watermark))
    } catch (err) {
      // A source that hears nothing keeps its frames and asks; the next commit publishes again.
      for (const source of sources) this.#changed.set(`${source.source}.${source.epoch}`, source)
      log.warn({ event: 'watermarks.publish-failed', err }, 'watermarks could not be published, trying again')
    }
  }
}
