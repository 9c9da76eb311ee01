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
    writeSeconds: metrics.histogram(
      'ingest_write_seconds',
      'Of that, the transaction that wrote it: waiting for the database',
      [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30],
    ),
    batchRows: metrics.histogram(
      'ingest_batch_rows',
      'Rows that a commit stored',
      [1, 10, 100, 1000, 2000, 5000, 10_000, 20_000, 50_000],
    ),
    delaySeconds: metrics.histogram(
      'ingest_delay_seconds',
      "From the time of a batch's newest frame to its commit",
      [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600],
    ),
    committing: metrics.gauge('ingest_committing_batches', 'Batches that are being written, or wait to be tried again'),
    lagSeconds: metrics.gauge('ingest_lag_seconds', 'Age of the oldest message in the stream that is not committed'),
    streamBytes: metrics.gauge('ingest_stream_bytes', 'Bytes of the stream, stored readings included'),
    streamMaxBytes: metrics.gauge('ingest_stream_max_bytes', 'Bytes at which the stream drops its oldest messages'),
    lagShare: metrics.gauge(
      'ingest_lag_share',
      'How far the lag is on its way to the bound of the stream; at 0.8 the API takes no more, at 1 readings are lost',
    ),
    pending: metrics.gauge('ingest_pending_messages', 'Messages in the stream that no writer has been given yet'),
    unacknowledged: metrics.gauge('ingest_unacknowledged_messages', 'Messages given to a writer and not committed yet'),
  }
}
