import { isDeepStrictEqual } from 'node:util'
import type { Principal } from '@webmacs/auth/fastify'
import { AppError, type Retention } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { type Kysely, sql } from 'kysely'
import type { Broker } from '../broker.ts'
import type { Changes } from '../changes/changes.ts'

export async function readRetention(db: Kysely<Tables>): Promise<Retention> {
  return db.selectFrom('retention').select(['raw_days', 'minute_days']).executeTakeFirstOrThrow()
}

/**
 * Says how long data is kept, and wakes the historian: what is older is removed with its next run of maintenance.
 * @throws AppError `historian.retention` where rollups would go before the datapoints that they summarise
 */
export async function setRetention(
  { changes, broker }: { readonly changes: Changes; readonly broker: Broker },
  { raw_days, minute_days }: Retention,
  by: Principal,
): Promise<void> {
  const after = { raw_days, minute_days }
  checkOrder(after)
  const isChanged = await changes.make(by, async ({ trx, record }) => {
    const before = await trx
      .selectFrom('retention')
      .select(['raw_days', 'minute_days'])
      .forUpdate()
      .executeTakeFirstOrThrow()
    if (isDeepStrictEqual(before, after)) return false
    await trx
      .updateTable('retention')
      .set({ ...after, updated_on: sql`now()` })
      .execute()
    await record({ entity: 'retention', verb: 'updated', id: 'retention', before, after })
    return true
  })
  if (isChanged) wakeHistorian(broker)
}

function checkOrder({ raw_days, minute_days }: Retention): void {
  if (minute_days === null || (raw_days !== null && raw_days <= minute_days)) return
  const field = 'body.minute_days'
  const rule =
    raw_days === null
      ? 'must be null while datapoints are kept for ever'
      : `must not be below raw_days (${minute_days} < ${raw_days})`
  throw new AppError('historian.retention', {
    detail: `${field} ${rule}.`,
    errors: [{ field, rule, value: minute_days }],
  })
}

/** It looks for itself now and then, so a broker that is away delays it only. */
function wakeHistorian(broker: Broker): void {
  try {
    const { nc, names } = broker.bus
    nc.publish(names.subjects.historian('work'))
  } catch (err) {
    if (!(err instanceof AppError)) throw err
  }
}
