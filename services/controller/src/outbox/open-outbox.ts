import { DatabaseSync } from 'node:sqlite'
import type { Micros } from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import { initOutbox, OutboxCorruptError, openOutboxFile, setAside } from './outbox-file.ts'

export interface OpenedOutbox {
  readonly db: DatabaseSync
  readonly isInMemory: boolean
  /** When the file was begun that had to be set aside; undefined: none had to. */
  readonly brokenSince: Micros | undefined
}

/**
 * Opens the outbox whatever it takes: a broken file is set aside and a new one begun; where no file can be, frames are kept in memory.
 * @param how whether the file is known to be broken
 */
export function openOutbox(
  path: string,
  log: Pick<Logger, 'error'>,
  how: { readonly setAside: boolean } = { setAside: false },
): OpenedOutbox {
  let brokenSince: Micros | undefined
  try {
    if (!how.setAside) {
      const db = tryOpen(path, log)
      if (db !== undefined) return { db, isInMemory: false, brokenSince }
    }
    const { movedTo, since } = setAside(path)
    brokenSince = since
    log.error({ event: 'outbox.set-aside', path, movedTo }, 'the outbox was damaged and is set aside, a new one begins')
    return { db: openOutboxFile(path), isInMemory: false, brokenSince }
  } catch (err) {
    log.error({ event: 'outbox.no-file', path, err }, 'no outbox can be made there, frames are kept in memory only')
    const db = new DatabaseSync(':memory:')
    initOutbox(db)
    return { db, isInMemory: true, brokenSince }
  }
}

/** @returns undefined when what is there is broken */
function tryOpen(path: string, log: Pick<Logger, 'error'>): DatabaseSync | undefined {
  try {
    return openOutboxFile(path)
  } catch (err) {
    if (!(err instanceof OutboxCorruptError)) throw err
    log.error({ event: 'outbox.broken', path, err }, 'the outbox cannot be read')
    return undefined
  }
}
