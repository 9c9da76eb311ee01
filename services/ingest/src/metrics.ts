import type { Metrics } from '@webmacs/service-kit'

export type IngestMetrics = ReturnType<typeof createIngestMetrics>

/** What diagnostics shows of the writer. */
export function createIngestMetrics(metrics: Metrics) {
  return {
    rows: metrics.counter('ingest_rows_total', 'Datapoints stored'),
    batches: metrics.counter('ingest_batches_total', 'Batches committed'),
    duplicates: metrics.counter('ingest_duplicates_total', 'Readings that were stored already', ['kind']),
    dead: metrics.counter('ingest_dead_total', 'Dead letters published', ['reason']),
    fallbacks: metrics.counter(
      'ingest_fallbacks_total',
      'Batches written row by row, because COPY met a row that was there',
    ),
    retries: metrics.counter('ingest_retries_total', 'Commits tried again', ['reason']),
    batchSeconds: metrics.histogram(
      'ingest_batch_seconds',
      'From the first message of a batch to its commit',
      [0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.5, 1, 5, 30],
    ),
    pending: metrics.gauge('ingest_pending_messages', 'Messages in the stream that no writer has been given yet'),
    unacknowledged: metrics.gauge('ingest_unacknowledged_messages', 'Messages given to a writer and not committed yet'),
  }
}
