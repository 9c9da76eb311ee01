import { isDeepStrictEqual } from 'node:util'
import { type Bucket, openBucket } from '@webmacs/bus'
import { controllerKeys, DesiredInstance, DesiredValveCycle, type EventId } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import type { Transaction } from 'kysely'
import { Reconciler, type ReconcilerParts } from '../reconciler.ts'
import { type CycleSources, readDesiredCycles, withNewerTimes } from '../valve-cycle/desired-cycles.ts'
import { readDesiredInstances } from './desired-instances.ts'

interface DesiredStateParts extends ReconcilerParts {
  readonly cycle: CycleSources
}

/** Keeps what the bucket `controllers` says that controllers shall run, instances and valve cycles, equal to the tables. */
export class DesiredStateReconciler extends Reconciler {
  readonly #parts: DesiredStateParts
  /** Whose values controllers are told, as of the last comparison. */
  #timeEvents: readonly (EventId | null)[] = []

  constructor(parts: DesiredStateParts) {
    super(parts, {
      name: 'desired-state',
      lock: 'reconcile',
      entities: ['event', 'plugin_instance', 'channel_mapping', 'valve_cycle'],
      compare: (trx, signal) => this.#compareAll(trx, signal),
    })
    this.#parts = parts
  }

  /** The newest value of an event is another one. */
  noteValue(event: EventId): void {
    if (this.#timeEvents.includes(event)) this.request()
  }

  async #compareAll(trx: Transaction<Tables>, signal: AbortSignal): Promise<void> {
    const { bus, log, cycle } = this.#parts
    const instances = await readDesiredInstances(trx)
    const cycles = await readDesiredCycles(trx, cycle)
    const name = bus.names.buckets.controllers
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
    const [changed, removed] = [
      [...one.changed, ...other.changed],
      [...one.removed, ...other.removed],
    ]
    if (changed.length + removed.length > 0)
      log.info({ event: 'desired-state.told', changed, removed }, 'controllers told what to run')
    this.#noteTimeEvents([...cycles.values()])
  }

  #noteTimeEvents(cycles: readonly DesiredValveCycle[]): void {
    const events = cycles.flatMap(({ opened, closed }) => [opened, closed])
    if (isDeepStrictEqual(events, this.#timeEvents)) return
    this.#timeEvents = events
    this.request() // their values may have changed before anybody heeded them
  }
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
