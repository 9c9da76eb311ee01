import {
  AppError,
  formatTime,
  type LogEntry,
  type LogEntryId,
  type LoggingType,
  type Micros,
  newId,
  type Page,
  type UpdateLogEntry,
} from '@webmacs/contracts'
import type { Row, Tables } from '@webmacs/database'
import { limitOf, offsetOf } from '@webmacs/http-kit/paging'
import { checkVersion, type Edit, nextVersion, type Versioned } from '@webmacs/http-kit/versions'
import type { Kysely, Transaction } from 'kysely'
import type { Changes, Making } from '../changes/changes.ts'

/** Newest first. */
export async function listLogEntries(db: Kysely<Tables>, page: Page): Promise<{ total: number; entries: LogEntry[] }> {
  const [rows, counted] = await Promise.all([
    logEntries(db)
      .orderBy('log_entries.created_on', 'desc')
      .orderBy('log_entries.id', 'desc')
      .limit(limitOf(page))
      .offset(offsetOf(page))
      .execute(),
    db
      .selectFrom('log_entries')
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow(),
  ])
  return { total: counted.total, entries: rows.map(logEntryAnswer) }
}

/** @throws AppError `log.unknown` */
export async function readLogEntry(db: Kysely<Tables>, id: LogEntryId): Promise<Versioned<LogEntry>> {
  const row = await logEntries(db).where('log_entries.public_id', '=', id).executeTakeFirst()
  if (row === undefined) throw unknownEntry(id)
  return { value: logEntryAnswer(row), updatedOn: row.updated_on }
}

export interface NewLogEntry {
  /** At most 500 characters. */
  readonly content: string
  /** `info` when left out. */
  readonly logging_type?: LoggingType | undefined
}

/**
 * Writes an entry as part of a change: it stands or falls with it. It is told, so that screens show it; the audit log has no use for a second
 * copy.
 * @param author key of the user whose entry it is; null: the system's
 */
export async function writeLogEntry(
  { trx, record }: Making,
  { content, logging_type = 'info' }: NewLogEntry,
  author: number | null,
): Promise<LogEntryId> {
  const id = newId('log')
  await trx
    .insertInto('log_entries')
    .values({ public_id: id, content, logging_type, status_type: 'unread', user_id: author })
    .execute()
  await record({ entity: 'log_entry', verb: 'created', id, audited: false })
  return id
}

/**
 * Changes what the input names. Who rewrites an entry stands in the audit log; who has read it does not.
 * @returns the version that is in force then
 * @throws AppError `log.unknown`, `request.precondition`
 */
export function updateLogEntry(
  changes: Changes,
  id: LogEntryId,
  input: UpdateLogEntry,
  { by, expected }: Edit,
): Promise<Micros> {
  return changes.make(by, async ({ trx, record }) => {
    const row = await lockEntry(trx, id)
    checkVersion(expected, row.updated_on)
    const before = { content: row.content, status_type: row.status_type }
    const { content = before.content, status_type = before.status_type } = input
    const isRewritten = content !== before.content
    if (!isRewritten && status_type === before.status_type) return row.updated_on
    const { updated_on } = await trx
      .updateTable('log_entries')
      .set({ content, status_type, updated_on: nextVersion })
      .where('id', '=', row.id)
      .returning('updated_on')
      .executeTakeFirstOrThrow()
    const after = { content, status_type }
    await record({ entity: 'log_entry', verb: 'updated', id, before, after, ...(!isRewritten && { audited: false }) })
    return updated_on
  })
}

const logEntries = (db: Kysely<Tables>) =>
  db
    .selectFrom('log_entries')
    .leftJoin('users', 'users.id', 'log_entries.user_id')
    .select(['log_entries.public_id', 'content', 'logging_type', 'status_type', 'created_on'])
    .select(['users.public_id as user_public_id', 'log_entries.updated_on'])

type LogEntryRow = Awaited<ReturnType<ReturnType<typeof logEntries>['executeTakeFirstOrThrow']>>

const logEntryAnswer = ({ updated_on, created_on, ...entry }: LogEntryRow): LogEntry => ({
  ...entry,
  created_on: formatTime(created_on),
})

/** @throws AppError `log.unknown` */
async function lockEntry(trx: Transaction<Tables>, id: LogEntryId): Promise<Row<'log_entries'>> {
  const row = await trx.selectFrom('log_entries').selectAll().where('public_id', '=', id).forUpdate().executeTakeFirst()
  if (row === undefined) throw unknownEntry(id)
  return row
}

const unknownEntry = (id: string): AppError => new AppError('log.unknown', { detail: `LogEntry '${id}' not found.` })
