import type { Principal } from '@webmacs/auth/fastify'
import type { Tables } from '@webmacs/database'
import type { Transaction } from 'kysely'

export interface AuditEntry {
  readonly by: Principal
  /** What kind of thing was changed, as in `changes.<entity>.<verb>`. */
  readonly entity: string
  readonly id: string
  readonly action: string
  /** The thing as it was; left out when it was made. */
  readonly before?: object
  /** The thing as it is now; left out when it is gone. */
  readonly after?: object
}

/** Notes who changed what, in the transaction that changes it: neither stands without the other. Secrets do not belong in `before` or `after`. */
export async function recordChange(trx: Transaction<Tables>, entry: AuditEntry): Promise<void> {
  await trx
    .insertInto('audit_log')
    .values({
      user_id: entry.by.key,
      entity: entry.entity,
      entity_id: entry.id,
      action: entry.action,
      before: entry.before === undefined ? null : JSON.stringify(entry.before),
      after: entry.after === undefined ? null : JSON.stringify(entry.after),
    })
    .execute()
}
