import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'

/** What the worker is started with. */
export interface CheckpointTask {
  readonly path: string
  /** A log longer than this keeps writers out for the last of it, so that it begins anew for certain. */
  readonly insistBytes: number
}

/** While others write, the log has grown again each time; what is left is soon so little that nobody writes meanwhile. */
const PASSES = 8
const PATIENCE_MS = 2000

/** @returns whether all of the log is in the file, so that the next commit begins it anew */
function checkpoint({ path, insistBytes }: CheckpointTask): boolean {
  const db = new DatabaseSync(path, { timeout: PATIENCE_MS })
  try {
    db.exec('PRAGMA synchronous = NORMAL')
    const pageBytes = Number(db.prepare('PRAGMA page_size').get()?.page_size)
    let before = Number.POSITIVE_INFINITY
    for (let pass = 0; pass < PASSES; pass++) {
      const { isDone, pages } = run(db, 'PASSIVE')
      // As long as before: nobody wrote behind the end of the last pass. Shorter: it began anew.
      if (isDone && pages <= before && pass > 0) return true
      before = pages
    }
    return before * pageBytes > insistBytes && run(db, 'RESTART').isDone
  } finally {
    db.close()
  }
}

/** Of the log as it was when this began. */
function run(db: DatabaseSync, mode: 'PASSIVE' | 'RESTART'): { readonly isDone: boolean; readonly pages: number } {
  const { busy, log, checkpointed } = db.prepare(`PRAGMA wal_checkpoint(${mode})`).get() ?? {}
  return { isDone: busy === 0 && log === checkpointed, pages: Number(log) }
}

// A worker's data has any type; only `DiskSafety` starts this one.
parentPort?.postMessage(checkpoint(workerData as CheckpointTask))
