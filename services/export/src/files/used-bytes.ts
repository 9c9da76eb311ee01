import type { Tables } from '@webmacs/database'
import type { Kysely } from 'kysely'

/** Bytes of all files, those under way too. */
export async function usedBytes(db: Kysely<Tables>): Promise<number> {
  const { used } = await db
    .selectFrom('exports')
    .select(({ fn }) => fn.sum<string | null>('bytes').as('used'))
    .where('delivery', '=', 'file')
    .where('state', 'in', ['running', 'done'])
    .executeTakeFirstOrThrow()
  return Number(used ?? 0)
}
