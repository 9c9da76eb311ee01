import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { formatTime, type Micros, nowMicros } from '@webmacs/contracts'

/** The file cannot be read as an outbox; it is to be set aside. */
export class OutboxCorruptError extends Error {
  constructor(what: string, cause?: unknown) {
    super(what, { cause })
    this.name = 'OutboxCorruptError'
  }
}

/** Files made by a later version are not ours to touch. */
const FORMAT = 1

const SCHEMA = `
  CREATE TABLE frames (
    ordinal INTEGER PRIMARY KEY, time INTEGER NOT NULL, readings INTEGER NOT NULL, instance TEXT NOT NULL, body TEXT NOT NULL
  ) STRICT;
  CREATE TABLE epochs (start INTEGER PRIMARY KEY, epoch TEXT NOT NULL) STRICT;
  CREATE TABLE stored (one INTEGER PRIMARY KEY CHECK (one = 1), ranges TEXT NOT NULL, next INTEGER NOT NULL) STRICT;
  CREATE TABLE gaps (id INTEGER PRIMARY KEY, gap TEXT NOT NULL) STRICT;
  CREATE TABLE instances (instance TEXT PRIMARY KEY, state TEXT NOT NULL, noted INTEGER NOT NULL) STRICT;
  PRAGMA user_version = ${FORMAT};`

const BUSY = 5
const CORRUPT = 11
const NOT_A_DATABASE = 26

/**
 * Opens the file, or makes it. Commits go to the WAL without waiting for the disk; nothing is checkpointed here (see `checkpoints.ts`).
 * @throws OutboxCorruptError when what is there is no outbox
 */
export function openOutboxFile(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true })
  const db = new DatabaseSync(path, { timeout: 0 })
  try {
    // A commit writes each page that it changed as a whole: small pages write half as much.
    db.exec(
      'PRAGMA page_size = 1024; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0',
    )
    initOutbox(db)
    // Both ends of the tables: what a file that was cut off or overwritten would not survive.
    for (const table of ['frames', 'epochs', 'stored', 'gaps', 'instances'])
      db.exec(`SELECT * FROM (SELECT * FROM ${table} ORDER BY rowid LIMIT 1) UNION ALL
        SELECT * FROM (SELECT * FROM ${table} ORDER BY rowid DESC LIMIT 1)`)
    return db
  } catch (err) {
    db.close()
    throw isCorruption(err) || err instanceof OutboxCorruptError
      ? new OutboxCorruptError('the outbox cannot be read', err)
      : err
  }
}

/** Makes the tables in a new file. @throws OutboxCorruptError when another version made them */
export function initOutbox(db: DatabaseSync): void {
  const { user_version: format } = db.prepare('PRAGMA user_version').get() ?? {}
  if (format === 0) db.exec(`BEGIN; ${SCHEMA} COMMIT`)
  else if (format !== FORMAT) throw new OutboxCorruptError(`the outbox has format ${format}, not ${FORMAT}`)
}

/** Renames the file and what belongs to it, so that a new one can begin. @returns where it is now, and since when it was filled */
export function setAside(path: string): { readonly movedTo: string; readonly since: Micros } {
  const movedTo = `${path}.broken-${formatTime(nowMicros()).replaceAll(/[:.]/g, '-')}`
  const since = Math.round(statSync(path).birthtimeMs * 1000)
  renameSync(path, movedTo)
  try {
    renameSync(`${path}-wal`, `${movedTo}-wal`)
  } catch (err) {
    if (!(err instanceof Error && 'code' in err && err.code === 'ENOENT')) throw err
  }
  rmSync(`${path}-shm`, { force: true })
  return { movedTo, since }
}

/** Whether SQLite found the file damaged. */
export function isCorruption(err: unknown): boolean {
  const code = sqliteCode(err)
  return code === CORRUPT || code === NOT_A_DATABASE
}

/** Whether somebody else holds the file. */
export const isBusy = (err: unknown): boolean => sqliteCode(err) === BUSY

/** The primary result code. */
function sqliteCode(err: unknown): number | undefined {
  if (!(err instanceof Error && 'errcode' in err && typeof err.errcode === 'number')) return undefined
  return err.errcode & 0xff
}
