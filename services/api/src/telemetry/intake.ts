import type { Bus } from '@webmacs/bus'
import {
  AppError,
  type ErrorCode,
  type EventId,
  GOOD,
  type Micros,
  type NewDatapoint,
  nowMicros,
  type RejectedDatapoint,
  type RejectionCode,
  type SequenceRange,
  type TelemetryOutcome,
} from '@webmacs/contracts'
import { oldestAccepted, readAcceptance, type Tables } from '@webmacs/database'
import type { Metrics } from '@webmacs/service-kit'
import type { Kysely } from 'kysely'
import type { Broker } from '../broker.ts'
import { type CommandRow, writtenTime } from '../commands/command-answer.ts'
import type { CommandDispatcher } from '../commands/dispatcher.ts'
import type { Orderer } from '../commands/output.ts'
import type { LastValues } from '../datapoints/last-values.ts'
import { carryOutSetpoints } from './carry-out-setpoints.ts'
import type { CommitWatch } from './commit-watch.ts'
import { readEventLinks } from './event-links.ts'
import { parseGivenTimes } from './given-times.ts'
import type { HistorianLag } from './historian-lag.ts'
import { fingerprintOf, type IdempotencyKeys, type KeyedBatch } from './idempotency-keys.ts'
import { type Instant, type LaidOut, layOutFrames, rejection, type Setpoint, stampsNeeded } from './lay-out-frames.ts'
import type { OwnSource } from './own-source.ts'
import { publishFrames } from './publish-frames.ts'

export interface TelemetryIntakeOptions {
  readonly db: Kysely<Tables>
  readonly broker: Broker
  readonly lastValues: LastValues
  readonly source: () => Promise<OwnSource>
  readonly keys: IdempotencyKeys
  readonly lag: HistorianLag
  readonly commits: CommitWatch
  readonly commands: CommandDispatcher
  readonly metrics: Metrics
  /** Readings older than this are refused, also where datapoints are kept for longer. */
  readonly retentionDays: number
  /** Events of the valve cycle, which people set though no device has them. */
  readonly cycleEvents: () => Promise<ReadonlySet<EventId>>
}

/** Datapoints that one sender hands in together. */
export interface Submission {
  /** Key of the sender's row. */
  readonly user: number
  readonly by: Orderer
  /** When a socket got it; undefined: now. */
  readonly receivedOn?: Micros | undefined
  /** A single datapoint is taken or refused with an error; of a batch, each is taken or rejected by itself. */
  readonly kind: 'single' | 'batch'
  readonly datapoints: readonly NewDatapoint[]
  readonly idempotencyKey: string | undefined
  /** Path of a datapoint's time, as errors name it; undefined: a time that is no moment is a rejected datapoint. */
  readonly timeField: ((index: number) => string) | undefined
  readonly waitsForCommit: boolean
}

export interface Taken {
  readonly outcome: TelemetryOutcome
  /** The answer was given before, to a request with the same key; nothing was published. */
  readonly isReplay: boolean
  /** undefined: nobody waited for it. */
  readonly committed: boolean | undefined
}

const COMMIT_DEADLINE_MS = 5000
const SINGLE_ERRORS: Partial<Record<RejectionCode, ErrorCode>> = {
  unknown_event: 'event.unknown',
  not_linked: 'event.not-linked',
  bad_time: 'datapoint.time',
}

/**
 * The one owner of the rules by which datapoints are taken in, over HTTP and over the socket. What it has taken is in the stream, or, for an output that
 * a controller of ours drives, set: the controller tells of that as of any reading.
 */
export class TelemetryIntake {
  readonly #options: TelemetryIntakeOptions
  readonly #count: (outcome: 'accepted' | RejectionCode, by: number) => void

  constructor(options: TelemetryIntakeOptions) {
    this.#options = options
    const counter = options.metrics.counter('api_datapoints_total', 'Datapoints that were handed in', ['outcome'])
    this.#count = (outcome, by) => counter.inc({ outcome }, by)
  }

  /**
   * @throws AppError `request.invalid`, `request.key-reused`, `broker.unavailable`, `historian.behind`; for a single datapoint also
   * `event.unknown`, `event.not-linked`, `datapoint.time`, and what a command fails with
   */
  async take(submission: Submission): Promise<Taken> {
    const { db, broker, keys, retentionDays, cycleEvents } = this.#options
    const { datapoints, kind, timeField } = submission
    const times = parseGivenTimes(datapoints, timeField)
    const { bus } = broker
    const source = await this.#options.source()
    const reserveStamps = (): Micros => source.stamps.reserve(stampsNeeded(datapoints, times))
    const keyed = keyedBatch(submission)
    const [acceptance, links, claim] = await Promise.all([
      readAcceptance(db, retentionDays),
      readEventLinks(db, new Set(datapoints.map(({ event_public_id }) => event_public_id)), cycleEvents),
      keyed === undefined ? undefined : keys.claim(keyed, reserveStamps()),
    ])
    if (claim?.answer !== undefined) return { outcome: claim.answer, isReplay: true, committed: undefined }

    // Without a key stamped no sooner than now, so that what is published later is stamped later.
    const firstStamp = claim?.stamp ?? reserveStamps()
    const now = nowMicros()
    const laidOut = layOutFrames({ datapoints, times, links, firstStamp, now, oldest: oldestAccepted(acceptance, now) })
    for (const { code } of laidOut.rejected) this.#count(code, 1)
    if (kind === 'single' && laidOut.rejected[0] !== undefined) throw refusalOf(laidOut.rejected[0])
    const span = await this.#store(bus, source, laidOut, now)
    const askedOn = Math.min(now, claim?.stamp ?? now, submission.receivedOn ?? now)
    const set = await this.#set(laidOut.setpoints, submission, askedOn)
    const outcome = {
      accepted: laidOut.accepted + set.accepted,
      rejected: [...laidOut.rejected, ...set.rejected].sort((one, other) => one.index - other.index),
    }
    let committed: boolean | undefined
    if (submission.waitsForCommit && outcome.accepted > 0) {
      // What a command has set comes as its controller's reading, for which nobody waits here.
      committed =
        set.accepted === 0 && span !== undefined && (await this.#options.commits.committed(span, COMMIT_DEADLINE_MS))
    }
    if (keyed !== undefined) await keys.answered(keyed, outcome)
    return { outcome, isReplay: false, committed }
  }

  /** @throws AppError `historian.behind`, `broker.unavailable` */
  async #store(
    bus: Bus,
    source: OwnSource,
    { instants, accepted }: LaidOut,
    now: Micros,
  ): Promise<SequenceRange | undefined> {
    if (accepted === 0) return undefined
    this.#options.lag.check()
    const span = await publishFrames(bus, source, instants, now)
    this.#note(instants)
    this.#count('accepted', accepted)
    return span
  }

  /** @throws AppError why a single one failed */
  async #set(setpoints: readonly Setpoint[], submission: Submission, askedOn: Micros): Promise<TelemetryOutcome> {
    if (setpoints.length === 0) return { accepted: 0, rejected: [] }
    const { user, by, kind, idempotencyKey, datapoints } = submission
    const key = idempotencyKey === undefined ? undefined : { user, key: idempotencyKey }
    const done = await carryOutSetpoints(this.#options.commands, setpoints, { by, key, askedOn })
    const rejected: RejectedDatapoint[] = []
    for (const { setpoint, result } of done) {
      const { index, output } = setpoint
      if (!(result instanceof AppError)) {
        this.#noteSet(setpoint, result)
        continue
      }
      this.#count('command_failed', 1)
      if (kind === 'single') throw result
      rejected.push(
        rejection(index, datapoints[index] ?? { event_public_id: output.event }, 'command_failed', result.message),
      )
    }
    const accepted = done.length - rejected.length
    this.#count('accepted', accepted)
    return { accepted, rejected }
  }

  /** As `#note`, long before the controller's reading has come around. */
  #noteSet({ output: { event }, value }: Setpoint, row: CommandRow): void {
    const time = writtenTime(row) ?? nowMicros()
    this.#options.lastValues.note({ event, time, value: row.readback ?? row.written ?? value, quality: GOOD })
  }

  /** The sender reads what it wrote at once; other instances hear it from the bus. */
  #note(instants: readonly Instant[]): void {
    const { lastValues } = this.#options
    for (const { time, values } of instants) {
      for (const [event, value] of Object.entries(values) as [EventId, number][]) {
        lastValues.note({ event, time, value, quality: GOOD })
      }
    }
  }
}

function keyedBatch({ user, kind, datapoints, idempotencyKey: key }: Submission): KeyedBatch | undefined {
  return key === undefined ? undefined : { user, key, fingerprint: fingerprintOf(kind, datapoints) }
}

function refusalOf({ code, reason }: RejectedDatapoint): AppError {
  return new AppError(SINGLE_ERRORS[code] ?? 'request.invalid', { detail: reason })
}
