import type { Tables } from '@webmacs/database'
import type { Kysely } from 'kysely'

/** @returns the key of the controller's row, which is made if there is none */
export async function ensureController(db: Kysely<Tables>, name: string): Promise<number> {
  await db
    .insertInto('controllers')
    .values({ name })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const { id } = await db.selectFrom('controllers').select('id').where('name', '=', name).executeTakeFirstOrThrow()
  return id
}
