import { ACK_WAIT_MS, type Bus, respond } from '@webmacs/bus'
import { DeleteDatapoint, nowMicros, ReportGap, WatermarkRequest } from '@webmacs/contracts'
import type { Database } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'
import { Batcher } from './batching/batcher.ts'
import { runIntake } from './batching/intake.ts'
import { Committer } from './commit/committer.ts'
import type { IngestConfig } from './config.ts'
import { deleteDatapoint } from './deletion/delete-datapoint.ts'
import { EventKeys } from './events/event-keys.ts'
import { createAcceptor } from './frames/accept-message.ts'
import type { AcceptanceLimit } from './frames/acceptance-limit.ts'
import { recordGap } from './gaps/record-gap.ts'
import type { IngestMetrics } from './metrics.ts'
import { PartitionKeeper } from './partitions/partition-keeper.ts'
import { readWatermarks } from './sources/read-watermark.ts'
import { WatermarkPublisher } from './sources/watermark-publisher.ts'

export interface WriterOptions {
  readonly config: Pick<IngestConfig, 'BATCH_MAX_ROWS' | 'BATCH_MAX_KB' | 'BATCH_LANES' | 'BATCH_MAX_AGE_MS'>
  readonly bus: Bus
  readonly database: Database
  readonly metrics: IngestMetrics
  readonly acceptance: Pick<AcceptanceLimit, 'oldest' | 'known'>
  readonly log: Logger
  /** Told when the intake ended though nobody stopped it. */
  readonly onFailure: (err: unknown) => void
}

export interface Writer {
  /** Stops fetching, commits and acknowledges what is held, at most for `deadlineMs`. What is left is delivered again later. */
  stop(deadlineMs: number): Promise<void>
}

/** Within the broker's patience with an unacknowledged message two of these may be late, ms. */
const WORKING_MS = 0.3 * ACK_WAIT_MS

/** Starts moving readings from the stream to the database. Needs neither of them to be there at this moment. */
export function startWriter({ config, bus, database, metrics, acceptance, log, onFailure }: WriterOptions): Writer {
  const intakeAborter = new AbortController()
  const commitAborter = new AbortController()
  const events = new EventKeys(database)
  const partitions = new PartitionKeeper(database, log)
  const watermarks = new WatermarkPublisher({ bus, database, log })
  const onCommitted = watermarks.changed
  const accept = createAcceptor({ oldest: acceptance.oldest, now: nowMicros, eventKey: events.keyOf })
  const committer = new Committer({ bus, database, events, partitions, metrics, log, accept, onCommitted })
  const batcher = new Batcher({
    maxRows: config.BATCH_MAX_ROWS,
    maxBytes: config.BATCH_MAX_KB * 1024,
    lanes: config.BATCH_LANES,
    maxAgeMs: config.BATCH_MAX_AGE_MS,
    accept,
    commit: async (batch, openedAt) => {
      await committer.commit(batch, commitAborter.signal)
      metrics.batchSeconds.observe((performance.now() - openedAt) / 1000)
    },
  })
  events.preload().catch((err: unknown) => {
    log.warn({ event: 'events.failed', err }, 'events could not be read, they are looked up on demand')
  })
  const working = setInterval(() => batcher.sayWorking(), WORKING_MS)
  const queue = 'ingest'
  const { historian } = bus.names.subjects
  const responders = [
    respond(
      bus,
      historian('watermark'),
      WatermarkRequest,
      async (request) => (await readWatermarks(database, [request]))[0],
      { queue },
    ),
    respond(
      bus,
      historian('gap'),
      ReportGap,
      async (gap) => {
        await recordGap(database, gap)
        log.warn({ event: 'gap.recorded', ...gap }, 'readings are missing for good')
        if (gap.epoch !== null) onCommitted([{ source: gap.source, epoch: gap.epoch }])
        return { recorded: true }
      },
      { queue },
    ),
    respond(bus, historian('delete'), DeleteDatapoint, (request) => deleteDatapoint(database, request, log), { queue }),
  ]
  // What nobody knows to be of an age that is taken is not fetched: retention may have removed what lay beside it.
  const intake = Promise.race([acceptance.known, aborted(intakeAborter.signal)])
    .then(() => runIntake({ bus, batcher, log, signal: intakeAborter.signal }))
    .catch((err: unknown) => {
      if (!intakeAborter.signal.aborted) onFailure(err) // a commit given up while stopping is told by drain
    })
  return {
    stop: async (deadlineMs) => {
      intakeAborter.abort()
      const deadline = setTimeout(() => commitAborter.abort(), deadlineMs)
      const answered = Promise.all(responders.map((responder) => responder.stop()))
      await batcher.drain().catch((err: unknown) => {
        log.warn({ event: 'batch.given-up', err }, 'a batch was not committed, it will be delivered again')
      })
      await intake
      // A deletion may wait for a lock, or for a database that says nothing: whoever asked is told that nobody answered.
      await Promise.race([answered, aborted(commitAborter.signal)])
      clearTimeout(deadline)
      clearInterval(working)
      await watermarks.stop()
    },
  }
}

const aborted = (signal: AbortSignal): Promise<unknown> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
