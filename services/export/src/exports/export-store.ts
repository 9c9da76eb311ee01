import type { Principal } from '@webmacs/auth/fastify'
import {
  AppError,
  type ExportDelivery,
  type ExportId,
  type ExportSelection,
  newId,
  type Page,
  type UserId,
} from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { limitOf, offsetOf } from '@webmacs/http-kit/paging'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { type ExportRecord, exportRecords } from './export-record.ts'

export interface NewExport {
  readonly delivery: ExportDelivery
  readonly selection: ExportSelection
  readonly fileName: string
  readonly expectedRows: number | null
  readonly keyHash: string
  /** From now, seconds. */
  readonly lifetimeSeconds: number
}

const RETRY_AFTER_SECONDS = 10

export const inSeconds = (seconds: number): RawBuilder<string> => sql<string>`now() + ${seconds} * interval '1 second'`

/**
 * Notes down an export that somebody asks for.
 * @param most that one user may have waiting or under way
 * @throws AppError `export.too-many`
 */
export async function createExport(
  db: Kysely<Tables>,
  wanted: NewExport,
  by: Principal,
  most: number,
): Promise<ExportRecord> {
  return await db.transaction().execute(async (trx) => {
    // One at a time of each user: two requests would both find room for the last one.
    await trx.selectFrom('users').select('id').where('id', '=', by.key).forNoKeyUpdate().execute()
    const { open } = await trx
      .selectFrom('exports')
      .select(({ fn }) => fn.countAll<number>().as('open'))
      .where('user_id', '=', by.key)
      .where('state', 'in', ['waiting', 'running'])
      .where(({ eb, or }) =>
        or([eb('delivery', '=', 'file'), eb('state', '=', 'running'), eb('expires_on', '>', sql<number>`now()`)]),
      )
      .executeTakeFirstOrThrow()
    if (open >= most) {
      throw new AppError('export.too-many', {
        detail: `You have ${open} exports waiting or under way. Try again when one has ended, or cancel one.`,
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      })
    }
    const public_id = newId('xpt')
    await trx
      .insertInto('exports')
      .values({
        public_id,
        user_id: by.key,
        delivery: wanted.delivery,
        state: 'waiting',
        selection: JSON.stringify(wanted.selection),
        file_name: wanted.fileName,
        key_hash: wanted.keyHash,
        expected_rows: wanted.expectedRows,
        expires_on: inSeconds(wanted.lifetimeSeconds),
      })
      .execute()
    return await exportRecords(trx).where('exports.public_id', '=', public_id).executeTakeFirstOrThrow()
  })
}

/** Newest first: one's own, or everybody's for an admin. */
export async function listExports(
  db: Kysely<Tables>,
  page: Page,
  by: Principal,
): Promise<{ readonly total: number; readonly records: ExportRecord[] }> {
  const isAdmin = by.role === 'admin'
  const [records, { total }] = await Promise.all([
    exportRecords(db)
      .$if(!isAdmin, (rows) => rows.where('exports.user_id', '=', by.key))
      .orderBy('exports.id', 'desc')
      .limit(limitOf(page))
      .offset(offsetOf(page))
      .execute(),
    db
      .selectFrom('exports')
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .$if(!isAdmin, (rows) => rows.where('user_id', '=', by.key))
      .executeTakeFirstOrThrow(),
  ])
  return { total, records }
}

/** @throws AppError `export.unknown` */
export async function readExport(db: Kysely<Tables>, id: ExportId): Promise<ExportRecord> {
  const record = await exportRecords(db).where('exports.public_id', '=', id).executeTakeFirst()
  if (record === undefined) throw new AppError('export.unknown', { detail: 'Export not found.' })
  return record
}

/**
 * An export of one's own, or anybody's for an admin.
 * @throws AppError `export.unknown`, `auth.forbidden`
 */
export async function readOwnExport(
  db: Kysely<Tables>,
  id: ExportId,
  by: { readonly id: UserId; readonly role: string },
): Promise<ExportRecord> {
  const record = await readExport(db, id)
  if (record.user_public_id === by.id || by.role === 'admin') return record
  throw new AppError('auth.forbidden', { detail: 'Admin privileges required.' })
}
