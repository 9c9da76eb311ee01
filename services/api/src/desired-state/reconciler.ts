import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { type Bucket, type Bus, openBucket } from '@webmacs/bus'
import { type Change, controllerKeys, DesiredInstance, DesiredValveCycle, type EventId } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'
import type { Kysely } from 'kysely'
import { holdLock } from '../instance-lock.ts'
import { type CycleSources, readDesiredCycles, withNewerTimes } from '../valve-cycle/desired-cycles.ts'
import { whileConnected } from '../while-connected.ts'
import { readDesiredInstances } from './desired-instances.ts'

interface ReconcilerOptions {
  readonly db: Kysely<Tables>
  readonly bus: Bus
  readonly cycle: CycleSources
  readonly log: Logger
}

/** Also without a change: somebody may have tampered with the bucket. */
const INTERVAL_MS = 60_000
const FIRST_RETRY_MS = 250
const MAX_RETRY_MS = 10_000
/** What a controller's work is made of. */
const ENTITIES = ['event', 'plugin_instance', 'channel_mapping', 'valve_cycle']

/**
 * Keeps the bucket `controllers` equal to the tables, whatever was missed: compares all of it at start, after each change, when the broker
 * comes back and now and then, and writes only what differs. The tables are the truth.
 */
export class DesiredStateReconciler {
  readonly #options: ReconcilerOptions
  #wake = Promise.withResolvers<void>()
  #running: Promise<void> | undefined
  /** Whose values controllers are told, as of the last comparison. */
  #timeEvents: readonly (EventId | null)[] = []

  constructor(options: ReconcilerOptions) {
    this.#options = options
  }

  /** Works until the signal fires. */
  start(signal: AbortSignal): void {
    this.#options.bus.onStatus((status) => {
      if (status === 'connected') this.request()
    })
    signal.addEventListener('abort', () => this.request(), { once: true })
    this.request()
    this.#running = this.#run(signal)
  }

  async stopped(): Promise<void> {
    await this.#running
  }

  noteChange({ entity }: Pick<Change, 'entity'>): void {
    if (ENTITIES.includes(entity)) this.request()
  }

  /** The newest value of an event is another one. */
  noteValue(event: EventId): void {
    if (this.#timeEvents.includes(event)) this.request()
  }

  /** Compares soon; requests that come while one is under way are met by one more round. */
  request(): void {
    this.#wake.resolve()
  }

  async #run(signal: AbortSignal): Promise<void> {
    let retryMs = FIRST_RETRY_MS
    while (!signal.aborted) {
      await this.#nextRequest()
      if (signal.aborted) return
      try {
        this.#noteTimeEvents(await reconcile(this.#options))
        retryMs = FIRST_RETRY_MS
      } catch (err) {
        this.#options.log.warn(
          { event: 'desired-state.failed', retryMs, err },
          'controllers could not be told, trying again',
        )
        await delay(retryMs, undefined, { signal }).catch(() => undefined) // an abort ends the loop above
        retryMs = Math.min(retryMs * 2, MAX_RETRY_MS)
        this.request()
      }
    }
  }

  #noteTimeEvents(cycles: readonly DesiredValveCycle[] | undefined): void {
    if (cycles === undefined) return
    const events = cycles.flatMap(({ opened, closed }) => [opened, closed])
    if (isDeepStrictEqual(events, this.#timeEvents)) return
    this.#timeEvents = events
    this.request() // their values may have changed before anybody heeded them
  }

  async #nextRequest(): Promise<void> {
    const timer = setTimeout(() => this.request(), INTERVAL_MS)
    await this.#wake.promise
    clearTimeout(timer)
    this.#wake = Promise.withResolvers()
  }
}

/**
 * One comparison. Instances of this service take turns, so that none writes what another has read before a change.
 * @returns the valve cycles that controllers run; undefined: nothing was compared
 */
async function reconcile({ db, bus, cycle, log }: ReconcilerOptions): Promise<DesiredValveCycle[] | undefined> {
  if (bus.status() !== 'connected') return undefined // its coming back asks for a comparison
  return await db.transaction().execute(async (trx) => {
    await holdLock(trx, 'reconcile')
    const instances = await readDesiredInstances(trx)
    const cycles = await readDesiredCycles(trx, cycle)
    const name = bus.names.buckets.controllers
    const { changed, removed } = await whileConnected(bus, async (signal) => {
      const one = await tell(
        await openBucket(bus, name, DesiredInstance),
        controllerKeys.allDesired('*'),
        instances,
        signal,
      )
      const bucket = await openBucket(bus, name, DesiredValveCycle)
      const told = await bucket.entries(controllerKeys.allCycles)
      const newest = new Map([...cycles].map(([key, wanted]) => [key, withNewerTimes(wanted, told.get(key))]))
      const other = await tell(bucket, controllerKeys.allCycles, newest, signal)
      return { changed: [...one.changed, ...other.changed], removed: [...one.removed, ...other.removed] }
    })
    if (changed.length + removed.length > 0)
      log.info({ event: 'desired-state.told', changed, removed }, 'controllers told what to run')
    return [...cycles.values()]
  })
}

/** @returns the keys that differed */
async function tell<T>(
  bucket: Bucket<T>,
  filter: string,
  desired: ReadonlyMap<string, T>,
  signal: AbortSignal,
): Promise<{ changed: string[]; removed: string[] }> {
  const told = await bucket.entries(filter)
  const differing = [...desired].filter(([key, value]) => !isDeepStrictEqual(told.get(key), value))
  const removed = [...told.keys()].filter((key) => !desired.has(key))
  for (const [key, value] of differing) {
    signal.throwIfAborted()
    await bucket.put(key, value)
  }
  for (const key of removed) {
    signal.throwIfAborted()
    await bucket.delete(key)
  }
  return { changed: differing.map(([key]) => key), removed }
}
