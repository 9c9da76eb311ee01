import type { Metrics } from '@webmacs/service-kit'

/** How an export ended: its reader had all of it, left, read nothing for too long, the service stopped, or it failed. */
export type ExportEnd = 'done' | 'left' | 'idle' | 'stopped' | 'failed'

const DURATION_BUCKETS_S = [0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200]

/** What exports do, in numbers. */
export class ExportMetrics {
  readonly #ended
  readonly #rows
  readonly #bytes
  readonly #seconds
  readonly #refused
  readonly #open

  constructor(metrics: Metrics) {
    this.#ended = metrics.counter('exports_total', 'Exports that ended, by format and by how', ['format', 'end'])
    this.#rows = metrics.counter('export_rows_total', 'Rows exported', ['format'])
    this.#bytes = metrics.counter('export_bytes_total', 'Bytes made of them, before compression', ['format'])
    this.#seconds = metrics.histogram(
      'export_duration_seconds',
      'From an export’s start to its end',
      DURATION_BUCKETS_S,
      ['format'],
    )
    this.#refused = metrics.counter('exports_refused_total', 'Exports refused because too many were under way')
    this.#open = metrics.gauge('exports_open', 'Exports that hold a snapshot of the database now')
  }

  opened(): void {
    this.#open.inc()
  }

  closed(): void {
    this.#open.dec()
  }

  refused(): void {
    this.#refused.inc()
  }

  made(format: string, rows: number): void {
    this.#rows.inc({ format }, rows)
  }

  sent(format: string, bytes: number): void {
    this.#bytes.inc({ format }, bytes)
  }

  ended(format: string, end: ExportEnd, seconds: number): void {
    this.#ended.inc({ format, end })
    this.#seconds.observe({ format }, seconds)
  }
}
