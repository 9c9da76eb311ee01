import { setTimeout as delay } from 'node:timers/promises'
import type { Bus } from '@webmacs/bus'
import { type Micros, nowMicros } from '@webmacs/contracts'
import { type Database, isAboutValues, isDatabaseAway, isTransient, violatedUnique } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'
import pg from 'pg'
import { Batch, type SourceEpoch } from '../batching/batch.ts'
import { settleDoubts } from '../dead-letters/settle-doubts.ts'
import type { EventKeys } from '../events/event-keys.ts'
import type { AcceptMessage } from '../frames/accept-message.ts'
import type { IngestMetrics } from '../metrics.ts'
import type { PartitionKeeper } from '../partitions/partition-keeper.ts'
import { CommittedMeanwhileError } from '../sources/committed-ranges.ts'
import { CopyRows } from './copy-rows.ts'
import { type WriteMode, type WrittenBatch, writeBatch } from './write-batch.ts'

export interface CommitterOptions {
  readonly bus: Bus
  readonly database: Database
  readonly events: EventKeys
  readonly partitions: PartitionKeeper
  readonly metrics: IngestMetrics
  readonly log: Logger
  /** Decodes a message once more, for the parts of a batch that fails. */
  readonly accept: AcceptMessage
  readonly onCommitted: (sources: readonly SourceEpoch[]) => void
}

type RetryReason = 'duplicate' | 'conflict' | 'partition' | 'away' | 'failed'

const FIRST_RETRY_MS = 100
const MAX_RETRY_MS = 5000
/** Asking whether the database is back costs it nothing, and what waited comes on top of the pause. */
const MAX_AWAY_RETRY_MS = 1000
const CONFLICT_RETRY_MS = 20
/** A batch that failed so often for a reason that nobody thought of is written in parts. */
const MAX_FAILURES = 3
const MAX_DETAIL_CHARACTERS = 500
/** Without a constraint's name it says that no partition takes the row. */
const CHECK_VIOLATION = '23514'

/** Commits batches, each until it succeeds; then acknowledges its messages. */
export class Committer {
  readonly #options: CommitterOptions
  /** Free buffers, as many as batches were ever committed at the same time. */
  readonly #buffers: CopyRows[] = []

  constructor(options: CommitterOptions) {
    this.#options = options
  }

  /** @throws AbortError when the signal fires before the batch is committed; its messages are delivered again then */
  async commit(batch: Batch, signal: AbortSignal): Promise<void> {
    const startedAt = performance.now()
    const buffer = this.#buffers.pop() ?? new CopyRows()
    const { metrics, log, onCommitted } = this.#options
    metrics.committing.inc()
    const written = await this.#untilWritten(batch, buffer, signal).finally(() => metrics.committing.dec())
    this.#buffers.push(buffer)
    for (const message of batch.messages) message.ack()
    metrics.rows.inc(written.rows)
    metrics.batches.inc()
    metrics.batchRows.observe(written.rows)
    if (written.rows > 0) metrics.delaySeconds.observe(secondsSince(newestOf(batch.frameTimes)))
    if (written.duplicateRows > 0) metrics.duplicates.inc({ kind: 'row' }, written.duplicateRows)
    if (written.duplicateFrames > 0) metrics.duplicates.inc({ kind: 'frame' }, written.duplicateFrames)
    onCommitted(written.sources)
    const durationMs = Math.round(performance.now() - startedAt)
    const facts = { rows: written.rows, messages: batch.messages.length, duplicates: written.duplicateRows, durationMs }
    log.debug({ event: 'batch.committed', ...facts }, 'batch committed')
  }

  async #untilWritten(batch: Batch, buffer: CopyRows, signal: AbortSignal): Promise<WrittenBatch> {
    const { partitions, database } = this.#options
    let mode: WriteMode = 'copy'
    let failures = 0
    for (let attempt = 0; ; attempt += 1) {
      signal.throwIfAborted()
      try {
        await settleDoubts(batch, this.#options)
        await partitions.ensureFor(batch.frameTimes)
        const writingSince = performance.now()
        const written = await writeBatch(database, batch, buffer, mode)
        this.#options.metrics.writeSeconds.observe((performance.now() - writingSince) / 1000)
        return written
      } catch (err) {
        const reason = this.#retryReason(err)
        this.#options.metrics.retries.inc({ reason })
        if (reason === 'duplicate') {
          mode = 'insert'
          this.#options.metrics.fallbacks.inc()
        } else if (reason === 'conflict') {
          // A deadlock comes from rows that another writer is writing, too: COPY takes them in any order and would meet it again.
          if (isTransient(err)) mode = 'insert'
          await delay(Math.random() * CONFLICT_RETRY_MS, undefined, { signal })
        } else {
          if (reason === 'partition') partitions.forget()
          if (reason === 'failed') failures += 1
          await this.#backOff(err, reason, attempt, signal)
          if (failures < MAX_FAILURES) continue
          if (batch.messages.length > 1) return await this.#writeHalves(batch, buffer, signal)
          if (isAboutValues(err)) this.#giveUp(batch, err)
        }
      }
    }
  }

  /** Halving finds one bad message among thousands in a dozen steps; all others are stored. */
  async #writeHalves({ messages }: Batch, buffer: CopyRows, signal: AbortSignal): Promise<WrittenBatch> {
    const middle = messages.length >> 1
    const written: WrittenBatch[] = []
    for (const half of [messages.slice(0, middle), messages.slice(middle)]) {
      const batch = new Batch()
      for (const message of half) this.#options.accept(message, batch)
      written.push(await this.#untilWritten(batch, buffer, signal))
    }
    const total = (key: 'rows' | 'duplicateRows' | 'duplicateFrames'): number =>
      written.reduce((sum, part) => sum + part[key], 0)
    return {
      rows: total('rows'),
      duplicateRows: total('duplicateRows'),
      duplicateFrames: total('duplicateFrames'),
      sources: written.flatMap(({ sources }) => sources),
    }
  }

  #giveUp(batch: Batch, err: unknown): void {
    const text = err instanceof Error ? err.message : String(err)
    batch.giveUp(text.slice(0, MAX_DETAIL_CHARACTERS))
    const subject = batch.messages[0]?.subject
    this.#options.log.error({ event: 'message.unstorable', subject, err }, 'message cannot be stored, dead-lettered')
  }

  #retryReason(err: unknown): RetryReason {
    if (violatedUnique(err) !== undefined) return 'duplicate'
    if (err instanceof CommittedMeanwhileError || isTransient(err)) return 'conflict'
    if (err instanceof pg.DatabaseError && err.code === CHECK_VIOLATION && err.constraint === undefined)
      return 'partition'
    return isDatabaseAway(err) || this.#options.bus.status() !== 'connected' ? 'away' : 'failed'
  }

  async #backOff(err: unknown, reason: RetryReason, attempt: number, signal: AbortSignal): Promise<void> {
    const longestMs = reason === 'away' ? MAX_AWAY_RETRY_MS : MAX_RETRY_MS
    const retryMs = Math.min(FIRST_RETRY_MS * 2 ** attempt, longestMs) * (0.5 + Math.random() / 2)
    const facts = { event: 'batch.commit-failed', reason, attempt, retryMs: Math.round(retryMs), err }
    const { log } = this.#options
    if (reason === 'failed') log.error(facts, 'batch could not be committed, trying again')
    else log.warn(facts, 'batch could not be committed, trying again')
    await delay(retryMs, undefined, { signal })
  }
}

const newestOf = (times: readonly Micros[]): Micros => times.reduce((newest, time) => Math.max(newest, time), 0)

/** Clocks differ: what seems to come from the future is new. */
const secondsSince = (time: Micros): number => Math.max(0, nowMicros() - time) / 1_000_000
