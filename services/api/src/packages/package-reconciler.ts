import { isDeepStrictEqual } from 'node:util'
import { type Bus, type FileStore, openBucket, openFileStore } from '@webmacs/bus'
import { controllerKeys, DesiredPackages } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import type { Transaction } from 'kysely'
import { Reconciler, type ReconcilerParts } from '../reconciler.ts'
import { desiredPackage, listPackages, type PackageRow, packageFile } from './package-store.ts'

/** Keeps the object store `packages` and the list of what controllers shall have equal to the tables. */
export const packageReconciler = (parts: ReconcilerParts): Reconciler =>
  new Reconciler(parts, {
    name: 'packages',
    lock: 'packages',
    entities: ['plugin_package'],
    compare: async (trx, signal) => {
      const { bus, log } = parts
      const rows = await listPackages(trx)
      const store = await openFileStore(bus, bus.names.files.packages)
      const changed = await keepFiles(trx, store, rows, signal)
      // Controllers hear of a package when its file is there.
      const told = await tell(bus, { packages: rows.map(desiredPackage) }, signal)
      if (changed || told) log.info({ event: 'packages.told', packages: rows.length }, 'controllers told of packages')
    },
  })

/** Away with the old first: they may take the room that the new ones need. @returns whether anything differed */
async function keepFiles(
  trx: Transaction<Tables>,
  store: FileStore,
  rows: readonly PackageRow[],
  signal: AbortSignal,
): Promise<boolean> {
  const there = await store.list()
  const old = [...there.keys()].filter((name) => !rows.some(({ sha256 }) => sha256 === name))
  const missing = rows.filter(({ sha256, file_size_bytes }) => there.get(sha256) !== file_size_bytes)
  for (const name of old) {
    signal.throwIfAborted()
    await store.delete(name)
  }
  for (const { id, sha256 } of missing) {
    signal.throwIfAborted()
    await store.put(sha256, ReadableStream.from(packageFile(trx, id, signal)))
  }
  return old.length + missing.length > 0
}

/** @returns whether it was news */
async function tell(bus: Bus, desired: DesiredPackages, signal: AbortSignal): Promise<boolean> {
  const bucket = await openBucket(bus, bus.names.buckets.controllers, DesiredPackages)
  if (isDeepStrictEqual(await bucket.get(controllerKeys.packages), desired)) return false
  signal.throwIfAborted()
  await bucket.put(controllerKeys.packages, desired)
  return true
}
