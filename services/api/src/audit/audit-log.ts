import { type ApiTokenId, type AuditEntry, type AuditQuery, formatTime, type UserId } from '@webmacs/contracts'
import { moment, type Tables } from '@webmacs/database'
import { momentIn } from '@webmacs/http-kit/moments'
import { limitOf, offsetOf } from '@webmacs/http-kit/paging'
import type { Kysely, SelectQueryBuilder } from 'kysely'

/**
 * Who changed what, newest first.
 * @throws AppError `request.invalid` for a moment that is none
 */
export async function listAuditEntries(
  db: Kysely<Tables>,
  query: AuditQuery,
): Promise<{ total: number; entries: AuditEntry[] }> {
  const selected = () => selectedBy(query)(db.selectFrom('audit_log'))
  const [rows, counted] = await Promise.all([
    db
      // The entries of the page are found in an index alone: before and after are read of no others, however deep it is.
      .with('page', () =>
        selected()
          .select('audit_log.id')
          .orderBy('audit_log.time', 'desc')
          .orderBy('audit_log.id', 'desc')
          .limit(limitOf(query))
          .offset(offsetOf(query)),
      )
      .selectFrom('page')
      .innerJoin('audit_log', 'audit_log.id', 'page.id')
      .leftJoin('users', 'users.id', 'audit_log.user_id')
      .selectAll('audit_log')
      .select(['users.public_id as user_public_id', 'users.username'])
      .orderBy('audit_log.time', 'desc')
      .orderBy('audit_log.id', 'desc')
      .execute(),
    selected()
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow(),
  ])
  const entries = rows.map(
    (row): AuditEntry => ({
      id: row.id,
      time: formatTime(row.time),
      user_public_id: row.user_public_id,
      username: row.username,
      token_public_id: row.token_id as ApiTokenId | null, // the column holds nothing else
      entity: row.entity,
      entity_public_id: row.entity_id,
      action: row.action,
      before: row.before,
      after: row.after,
    }),
  )
  return { total: counted.total, entries }
}

type Selection<O> = SelectQueryBuilder<Tables, 'audit_log', O>

/** What a query asks for, as conditions on the audit log. */
function selectedBy({ user, entity, entity_id, action, from, to }: AuditQuery): <O>(all: Selection<O>) => Selection<O> {
  const notBefore = from === undefined ? undefined : momentIn('query.from', from)
  const before = to === undefined ? undefined : momentIn('query.to', to)
  return (all) => {
    let selection = all
    if (user !== undefined) {
      selection = selection.where(
        'user_id',
        '=',
        ({ selectFrom }) =>
          selectFrom('users')
            .select('users.id')
            .where('public_id', '=', user as UserId), // any text is looked up; an unknown user did nothing
      )
    }
    if (entity !== undefined) selection = selection.where('entity', '=', entity)
    if (entity_id !== undefined) selection = selection.where('entity_id', '=', entity_id)
    if (action !== undefined) selection = selection.where('action', '=', action)
    if (notBefore !== undefined) selection = selection.where('time', '>=', moment(notBefore))
    if (before !== undefined) selection = selection.where('time', '<', moment(before))
    return selection
  }
}
