import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Logger } from '@webmacs/service-kit'

const BUSY = 5

/** Another controller of this name works with this folder. */
export class FolderInUseError extends Error {
  constructor(folder: string, pid: unknown) {
    super(
      `Another controller${typeof pid === 'number' ? ` (process ${pid})` : ''} uses ${folder}. Stop it first, or choose another name with WEBMACS_CONTROLLER_ID or another folder with WEBMACS_DATA_DIR.`,
    )
    this.name = 'FolderInUseError'
  }
}

/**
 * Makes sure that two controllers do not use the same folder and drive the same devices. The lock is SQLite's on its own file: it goes with
 * the process, however that ends, and no process id that is used again can hold it. On a disk that takes no file there is no lock.
 * @returns gives it back
 * @throws FolderInUseError
 */
export function lockFolder(folder: string, log: Pick<Logger, 'error'>): () => void {
  let db: DatabaseSync | undefined
  try {
    mkdirSync(folder, { recursive: true })
    db = new DatabaseSync(join(folder, 'lock.db'), { timeout: 0 })
    const held = db
    hold(held)
    return () => held.close()
  } catch (err) {
    const pid = isBusy(err) && db !== undefined ? holderOf(db) : undefined
    db?.close()
    if (isBusy(err)) throw new FolderInUseError(folder, pid)
    log.error({ event: 'folder.not-locked', folder, err }, 'folder cannot be locked, two controllers would not notice')
    return () => undefined
  }
}

/** Says who we are, where others can read it, and keeps the right to write: whoever gets that second holds the lock. */
function hold(db: DatabaseSync): void {
  db.exec('CREATE TABLE IF NOT EXISTS holder (one INTEGER PRIMARY KEY CHECK (one = 1), pid INTEGER NOT NULL) STRICT')
  db.exec('BEGIN IMMEDIATE')
  db.prepare('INSERT OR REPLACE INTO holder VALUES (1, ?)').run(process.pid)
  db.exec('COMMIT; BEGIN IMMEDIATE')
}

/** undefined: it is just being written. */
function holderOf(db: DatabaseSync): unknown {
  try {
    return db.prepare('SELECT pid FROM holder').get()?.pid
  } catch (err) {
    if (isBusy(err)) return undefined
    throw err
  }
}

const isBusy = (err: unknown): boolean =>
  err instanceof Error && 'errcode' in err && typeof err.errcode === 'number' && (err.errcode & 0xff) === BUSY
