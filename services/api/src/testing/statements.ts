import type { Tables } from '@webmacs/database'
import type { Kysely } from 'kysely'

/** How many statements the work makes of the handle that it is given. */
export async function countStatements(
  db: Kysely<Tables>,
  work: (db: Kysely<Tables>) => Promise<unknown>,
): Promise<number> {
  let count = 0
  const counting = db.withPlugin({
    transformQuery: ({ node }) => {
      count += 1
      return node
    },
    transformResult: async ({ result }) => result,
  })
  await work(counting)
  return count
}
