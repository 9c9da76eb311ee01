import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { type Bus, type FileStore, openBucket, openFileStore } from '@webmacs/bus'
import { type Change, controllerKeys, DesiredPackages } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'
import type { Kysely, Transaction } from 'kysely'
import { holdLock } from '../instance-lock.ts'
import { whileConnected } from '../while-connected.ts'
import { desiredPackage, listPackages, type PackageRow, packageFile } from './package-store.ts'

interface ReconcilerOptions {
  readonly db: Kysely<Tables>
  readonly bus: Bus
  readonly log: Logger
}

/** Also without a change: somebody may have tampered with the store. */
const INTERVAL_MS = 60_000
const FIRST_RETRY_MS = 250
const MAX_RETRY_MS = 10_000

/**
 * Keeps the object store `packages` and the list of what controllers shall have equal to the tables: at start, after each change, when the
 * broker comes back, perhaps without its disk, and now and then. The tables are the truth.
 */
export class PackageReconciler {
  readonly #options: ReconcilerOptions
  #wake = Promise.withResolvers<void>()
  #running: Promise<void> | undefined

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
    if (entity === 'plugin_package') this.request()
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
        await reconcile(this.#options)
        retryMs = FIRST_RETRY_MS
      } catch (err) {
        const facts = { event: 'packages.not-told', retryMs, err }
        this.#options.log.warn(facts, 'packages could not be given to controllers, trying again')
        await delay(retryMs, undefined, { signal }).catch(() => undefined) // an abort ends the loop above
        retryMs = Math.min(retryMs * 2, MAX_RETRY_MS)
        this.request()
      }
    }
  }

  async #nextRequest(): Promise<void> {
    const timer = setTimeout(() => this.request(), INTERVAL_MS)
    await this.#wake.promise
    clearTimeout(timer)
    this.#wake = Promise.withResolvers()
  }
}

/** One comparison. Instances of this service take turns, so that none takes away what another has just put there. */
async function reconcile({ db, bus, log }: ReconcilerOptions): Promise<void> {
  if (bus.status() !== 'connected') return // its coming back asks for a comparison
  await db.transaction().execute(async (trx) => {
    await holdLock(trx, 'packages')
    const rows = await listPackages(trx)
    await whileConnected(bus, async (signal) => {
      const store = await openFileStore(bus, bus.names.files.packages)
      const changed = await keepFiles(trx, store, rows, signal)
      // Controllers hear of a package when its file is there.
      const told = await tell(bus, { packages: rows.map(desiredPackage) }, signal)
      if (changed || told) log.info({ event: 'packages.told', packages: rows.length }, 'controllers told of packages')
    })
  })
}

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
    await store.put(sha256, ReadableStream.from(packageFile(trx, id)))
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
