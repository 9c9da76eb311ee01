import { type Export, formatTime, type Micros, type UserId } from '@webmacs/contracts'
import type { Row, Tables } from '@webmacs/database'
import type { Kysely, SelectQueryBuilder } from 'kysely'

/** A row of `exports`, and who asked for it. */
export type ExportRecord = Row<'exports'> & { readonly user_public_id: UserId | null }

export const exportRecords = (db: Kysely<Tables>): SelectQueryBuilder<Tables, 'exports', ExportRecord> =>
  db
    .selectFrom('exports')
    .selectAll('exports')
    .select(({ selectFrom }) =>
      selectFrom('users').whereRef('users.id', '=', 'exports.user_id').select('users.public_id').as('user_public_id'),
    )

export const exportAnswer = (record: ExportRecord): Export => ({
  public_id: record.public_id,
  delivery: record.delivery,
  state: record.state,
  selection: record.selection,
  file_name: record.file_name,
  expected_rows: record.expected_rows,
  rows: record.rows,
  bytes: record.bytes,
  sha256: record.sha256,
  error: record.error,
  user_public_id: record.user_public_id,
  created_on: formatTime(record.created_on),
  ended_on: timeOrNull(record.ended_on),
  expires_on: formatTime(record.expires_on),
})

const timeOrNull = (time: Micros | null): string | null => (time === null ? null : formatTime(time))
