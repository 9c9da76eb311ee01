import { AppError, type ExportSelection } from '@webmacs/contracts'
import type { Database } from '@webmacs/database'
import type { ExportMetrics } from './export-metrics.ts'
import { type OpenExport, openExport } from './open-export.ts'

export interface OpenExportsOptions {
  /** A pool for nothing but snapshots, with as many connections as exports may be open. */
  readonly database: Database
  readonly metrics: ExportMetrics
  readonly maxOpen: number
}

const RETRY_AFTER_SECONDS = 10

/** The exports that hold a snapshot now: so many at most, and all of them end when the service does. */
export class OpenExports {
  readonly #database: Database
  readonly #metrics: ExportMetrics
  readonly #maxOpen: number
  readonly #stopping = new AbortController()
  #open = 0

  constructor({ database, metrics, maxOpen }: OpenExportsOptions) {
    this.#database = database
    this.#metrics = metrics
    this.#maxOpen = maxOpen
  }

  /**
   * Opens an export; whoever does closes it.
   * @param signal ends it at once
   * @throws AppError `export.too-many`, `service.unavailable`, and those of `openExport`
   */
  async open(selection: ExportSelection, signal: AbortSignal): Promise<OpenExport> {
    if (this.#open >= this.#maxOpen) {
      this.#metrics.refused()
      throw new AppError('export.too-many', {
        detail: `${this.#maxOpen} exports are under way. Try again when one has ended.`,
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      })
    }
    this.#open += 1
    this.#metrics.opened()
    try {
      const ends = AbortSignal.any([signal, this.stopping])
      const opened = await openExport({ database: this.#database, signal: ends }, selection)
      return this.#watched(opened)
    } catch (err) {
      this.#free()
      throw this.stopping.aborted ? new AppError('service.unavailable', { cause: err }) : err
    }
  }

  /** Fires when downloads of whatever kind must end. */
  get stopping(): AbortSignal {
    return this.#stopping.signal
  }

  /** Ends all that are open; later ones end as soon as they begin. */
  stop(): void {
    this.#stopping.abort()
  }

  #watched(opened: OpenExport): OpenExport {
    let isClosed = false
    return {
      ...opened,
      close: () => {
        if (isClosed) return
        isClosed = true
        opened.close()
        this.#free()
      },
    }
  }

  #free(): void {
    this.#open -= 1
    this.#metrics.closed()
  }
}
