import { isDeepStrictEqual } from 'node:util'
import { type Bus, openBucket } from '@webmacs/bus'
import { controllerKeys, DesiredInstance } from '@webmacs/contracts'
import { Reconciler, type ReconcilerParts } from '../reconciler.ts'
import { readDesiredInstances } from './desired-instances.ts'

/** Keeps what the bucket `controllers` says that controllers shall run equal to the tables. */
export const desiredStateReconciler = (parts: ReconcilerParts): Reconciler =>
  new Reconciler(parts, {
    name: 'desired-state',
    lock: 'reconcile',
    entities: ['event', 'plugin_instance', 'channel_mapping'],
    compare: async (trx, signal) => {
      const { changed, removed } = await tell(parts.bus, await readDesiredInstances(trx), signal)
      if (changed.length + removed.length > 0)
        parts.log.info({ event: 'desired-state.told', changed, removed }, 'controllers told what to run')
    },
  })

/** @returns the keys that differed */
async function tell(
  bus: Bus,
  desired: ReadonlyMap<string, DesiredInstance>,
  signal: AbortSignal,
): Promise<{ changed: string[]; removed: string[] }> {
  const bucket = await openBucket(bus, bus.names.buckets.controllers, DesiredInstance)
  const told = await bucket.entries(controllerKeys.allDesired('*'))
  const differing = [...desired].filter(([key, instance]) => !isDeepStrictEqual(told.get(key), instance))
  const removed = [...told.keys()].filter((key) => !desired.has(key))
  for (const [key, instance] of differing) {
    signal.throwIfAborted()
    await bucket.put(key, instance)
  }
  for (const key of removed) {
    signal.throwIfAborted()
    await bucket.delete(key)
  }
  return { changed: differing.map(([key]) => key), removed }
}
