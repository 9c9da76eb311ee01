import { setTimeout as delay } from 'node:timers/promises'
import { AppError, type ExportSelection } from '@webmacs/contracts'
import { type Database, isDatabaseAway } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'
import { abandonClaim, type Claim, claimFile, failExport, finishExport, releaseClaim } from '../exports/claims.ts'
import type { ExportNews } from '../exports/export-news.ts'
import { holdClaim } from '../exports/hold-claim.ts'
import { Meter } from '../exports/meter.ts'
import { ExportEndedError, type UnderWay } from '../exports/under-way.ts'
import { openExport } from '../open-export.ts'
import type { ExportDirectory } from './export-directory.ts'
import { usedBytes } from './used-bytes.ts'
import { writeFile } from './write-file.ts'

export interface FileMakerOptions {
  readonly database: Database
  /** With a connection for it: its snapshots wait for nobody who downloads. */
  readonly snapshots: Database
  readonly directory: ExportDirectory
  readonly news: ExportNews
  readonly underWay: UnderWay
  readonly log: Logger
  /** Unlike that of every other process. */
  readonly name: string
  /** For how long a finished file is kept. */
  readonly keptSeconds: number
}

/** Without news from the bus: another process has died, or the news was lost. */
const POLL_MS = 5000

/** Makes the files that were asked for, one at a time, beside other processes that do the same. */
export class FileMaker {
  readonly #options: FileMakerOptions
  readonly #stopping = new AbortController()
  #wake = Promise.withResolvers<void>()
  #running: Promise<void> | undefined

  constructor(options: FileMakerOptions) {
    this.#options = options
  }

  start(): void {
    this.#options.news.onNews(({ verb }) => {
      if (verb === 'created' || verb === 'failed') this.wake()
    })
    this.#running = this.#run(this.#stopping.signal)
  }

  /** There may be something to make. */
  wake(): void {
    this.#wake.resolve()
  }

  /** What is under way must be ended by `UnderWay`; it is given back then for another process. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.wake()
    await this.#running
  }

  async #run(stopping: AbortSignal): Promise<void> {
    const { database, log, name } = this.#options
    while (!stopping.aborted) {
      this.#wake = Promise.withResolvers()
      try {
        const claim = await claimFile(database.db, name)
        if (claim !== undefined) {
          await this.#make(claim, claim.selection)
          continue
        }
      } catch (err) {
        log.warn({ event: 'exports.files-waiting', err }, 'files of exports cannot be made now')
      }
      await Promise.race([this.#wake.promise, pause(POLL_MS, stopping)])
    }
  }

  async #make(claim: Claim, selection: ExportSelection): Promise<void> {
    const { database, directory, news, underWay, log, keptSeconds } = this.#options
    const startedAt = performance.now()
    using work = underWay.begin(claim.id)
    const trouble = new AbortController()
    const signal = AbortSignal.any([work.signal, trouble.signal])
    const meter = new Meter()
    news.tell('started', claim.id, null)
    try {
      let sha256: string
      {
        await using _hold = holdClaim({
          ...{ db: database.db, log, claim, meter, onLost: work.end },
          check: async () => void (await directory.checkSpace(await usedBytes(database.db))),
          onTrouble: (err) => trouble.abort(err),
        })
        sha256 = await this.#write(claim, selection, { meter, signal })
      }
      // Nothing renews the claim any more, which would take a file that is finished for one that was lost.
      if (!(await finishExport(database.db, claim, { ...meter.progress, sha256, keptSeconds }))) work.end()
      signal.throwIfAborted()
    } catch (err) {
      // Ended by a signal, the query fails in one way or another: the signal knows why.
      const reason: unknown = signal.aborted ? signal.reason : err
      try {
        await this.#giveUp(claim, reason, meter)
      } catch (failure) {
        // Where the database is away the claim runs out by itself.
        await abandonClaim(database.db, claim).catch(() => undefined)
        throw failure
      }
      return
    }
    news.tell('finished', claim.id, null)
    const facts = { ...meter.progress, durationMs: Math.round(performance.now() - startedAt) }
    log.info({ event: 'exports.file-made', exportId: claim.id, ...facts }, 'file of an export made')
  }

  async #write(
    claim: Claim,
    selection: ExportSelection,
    { meter, signal }: { readonly meter: Meter; readonly signal: AbortSignal },
  ): Promise<string> {
    const { snapshots, database, directory } = this.#options
    const roomBytes = await directory.checkSpace(await usedBytes(database.db))
    const opened = await openExport({ database: snapshots, signal }, selection)
    try {
      const content = opened.format.encode(meter.rowsOf(opened))
      const sha256 = await writeFile(directory.partOf(claim), content, { meter, signal, roomBytes })
      await directory.publish(claim)
      return sha256
    } finally {
      opened.close()
    }
  }

  async #giveUp(claim: Claim, err: unknown, meter: Meter): Promise<void> {
    const { database, directory, news, log } = this.#options
    await directory.remove(claim)
    if (err instanceof ExportEndedError) {
      if (err.reason === 'stopping') await releaseClaim(database.db, claim)
      return
    }
    // The file is made anew when the database is back.
    if (isDatabaseAway(err)) throw err
    const facts = { exportId: claim.id, attempt: claim.attempt, err }
    if (err instanceof AppError) log.info({ event: 'exports.file-refused', ...facts }, 'file of an export refused')
    else log.error({ event: 'exports.file-failed', ...facts }, 'file of an export failed')
    const error = err instanceof AppError ? err.message : 'Something went wrong on the server.'
    if (await failExport(database.db, claim, error, meter.progress)) news.tell('failed', claim.id, null)
  }
}

const pause = (ms: number, stopping: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal: stopping }).catch(() => undefined) // stopping: the only thing it can be rejected for
