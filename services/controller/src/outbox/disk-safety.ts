import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Logger } from '@webmacs/service-kit'
import type { CheckpointTask } from './checkpoint-worker.ts'

export interface DiskSafetyOptions {
  readonly path: string
  readonly log: Pick<Logger, 'warn'>
}

/** The log is put into the file when about so much was written to it, bytes. */
const CHECKPOINT_BYTES = 8 * 1024 * 1024
/** When the log grew so long without an end, writers wait for it. */
const INSIST_BYTES = 64 * 1024 * 1024
const WORKER = new URL('./checkpoint-worker.ts', import.meta.url)

/**
 * Brings what was written onto the disk without anyone waiting: the log of the database is synchronised from libuv's threads, and put into
 * the file by a worker thread with a connection of its own.
 */
export class DiskSafety {
  readonly #options: DiskSafetyOptions
  #wal: FileHandle | undefined
  #sinceCheckpoint = 0
  #checkpoint: Promise<void> | undefined
  #sync: Promise<void> = Promise.resolve()

  constructor(options: DiskSafetyOptions) {
    this.#options = options
  }

  /** So many bytes were written to the log since the last call. Resolves when they would survive a loss of power. */
  async secure(bytes: number): Promise<void> {
    this.#sinceCheckpoint += bytes
    // One that runs already does not have the newest.
    this.#sync = this.#sync.then(() => this.#syncLog())
    await this.#sync
    if (this.#sinceCheckpoint >= CHECKPOINT_BYTES) this.#checkpoint ??= this.#putIntoFile()
  }

  /** Another file is there under the same name. */
  async renew(): Promise<void> {
    await this.#sync
    await this.#wal?.close()
    this.#wal = undefined
  }

  async stop(): Promise<void> {
    await this.#checkpoint
    await this.renew()
  }

  async #syncLog(): Promise<void> {
    const { path, log } = this.#options
    try {
      if (this.#wal === undefined) {
        this.#wal = await open(`${path}-wal`, 'r')
        await syncFolder(dirname(path))
      }
      await this.#wal.datasync()
    } catch (err) {
      log.warn({ event: 'outbox.sync-failed', err }, 'the outbox could not be synchronised, trying again')
    }
  }

  async #putIntoFile(): Promise<void> {
    const { path, log } = this.#options
    try {
      if (await runWorker({ path, insistBytes: INSIST_BYTES })) this.#sinceCheckpoint = 0
    } catch (err) {
      log.warn({ event: 'outbox.checkpoint-failed', err }, 'the log of the outbox stays longer, trying again')
    } finally {
      this.#checkpoint = undefined
    }
  }
}

/** So that a new file's name survives too. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function runWorker(workerData: CheckpointTask): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>()
  const worker = new Worker(WORKER, { workerData })
  worker.once('message', resolve)
  worker.once('error', reject)
  worker.once('exit', (code) => reject(new Error(`the worker ended with code ${code}`))) // after a message it changes nothing
  return promise
}
