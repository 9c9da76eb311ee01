import { type Bus, parseJson } from '@webmacs/bus'
import {
  type Change,
  type EventId,
  encodeQuality,
  Frame,
  type HistorianJobId,
  isBad,
  MAX_FRAME_MESSAGE_BYTES,
  type Micros,
  nowMicros,
  parseDatapointId,
  parseTime,
} from '@webmacs/contracts'
import { createValidator } from '@webmacs/contracts/validation'
import type { Tables } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'
import type { Kysely } from 'kysely'
import type { LastValues } from './last-values.ts'
import { readLastValues, replaceDeleted, replaceDeletedBy } from './read-last-values.ts'

interface FeedOptions {
  readonly db: Kysely<Tables>
  readonly bus: Bus
  readonly values: LastValues
  readonly log: Logger
}

/** What was missed while the broker or the database was away is made good by then. */
const RELOAD_INTERVAL_MS = 60_000
const DAY: Micros = 86_400_000_000

/** Keeps the last values: read from the database at start and now and then, followed on the bus in between, live and late readings alike. */
export class LastValuesFeed {
  readonly #options: FeedOptions
  readonly #subscriptions: { unsubscribe(): void }[] = []
  readonly #validateFrame = createValidator(Frame, 'frame')
  #reloading: NodeJS.Timeout | undefined

  constructor(options: FeedOptions) {
    this.#options = options
  }

  /** Follows the bus first and reads the database then: what is committed in between comes twice rather than never. */
  async start(): Promise<void> {
    if (this.#subscriptions.length === 0) this.#subscribe()
    await readLastValues(this.#options)
    this.#reloading ??= setInterval(() => void this.#tryReload(), RELOAD_INTERVAL_MS)
  }

  stop(): void {
    clearInterval(this.#reloading)
    for (const subscription of this.#subscriptions) subscription.unsubscribe()
  }

  /** Follows datapoints that are deleted, one by one or by a job. */
  noteChange({ entity, verb, id }: Pick<Change, 'entity' | 'verb' | 'id'>): void {
    if (verb !== 'deleted') return
    const deleted = entity === 'datapoint' ? parseDatapointId(id) : undefined
    if (deleted !== undefined) this.#replace(replaceDeleted(this.#options, deleted))
    if (entity === 'datapoints') this.#replace(replaceDeletedBy(this.#options, id as HistorianJobId)) // the entity says so
  }

  #replace(replacing: Promise<void>): void {
    replacing.catch((err: unknown) => {
      this.#options.log.warn({ event: 'last-values.replace-failed', err }, 'last value could not be read anew')
    })
  }

  #subscribe(): void {
    const { bus, log } = this.#options
    const { allReadings, allBacklog } = bus.names.subjects
    const follow = (subject: string, take: (data: Uint8Array) => void): void => {
      const subscription = bus.nc.subscribe(subject, {
        callback: (err, message) => {
          if (err) log.error({ event: 'last-values.subscription-failed', subject, err }, 'subscription failed')
          else take(message.data)
        },
      })
      this.#subscriptions.push(subscription)
    }
    for (const subject of [allReadings, allBacklog]) follow(subject, (data) => this.#takeFrames(data))
    bus.onStatus((status) => {
      if (status === 'connected') void this.#tryReload()
    })
  }

  /** What is no frame is passed over: the writer keeps it as a dead letter. */
  #takeFrames(data: Uint8Array): void {
    if (data.byteLength > MAX_FRAME_MESSAGE_BYTES) return
    for (const candidate of [parseJson(data)].flat()) {
      const frame = this.#validateFrame(candidate)
      if (frame.ok) this.#takeFrame(frame.value)
    }
  }

  #takeFrame({ time: text, values: readings, quality: words }: Frame): void {
    const { values } = this.#options
    const time = parseTime(text)
    // The writer refuses such a time; believing it here would hide every true reading until then.
    if (time === undefined || time > nowMicros() + DAY) return
    values.noteTime(time)
    for (const [event, value] of Object.entries(readings) as [EventId, number | null][]) {
      const quality = encodeQuality(words?.[event] ?? [])
      if (value !== null && !isBad(quality)) values.note({ event, time, value, quality })
    }
  }

  async #tryReload(): Promise<void> {
    try {
      await readLastValues(this.#options)
    } catch (err) {
      this.#options.log.warn(
        { event: 'last-values.reload-failed', err },
        'last values could not be read from the database',
      )
    }
  }
}
