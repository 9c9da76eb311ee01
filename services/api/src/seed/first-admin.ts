import { hashPassword } from '@webmacs/auth/passwords'
import { newId } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'
import type { Kysely } from 'kysely'
import { holdLock } from '../instance-lock.ts'

export interface FirstAdmin {
  readonly email: string
  readonly username: string
  readonly password: string
}

/** Makes the first user, an admin, when there is none. Two instances that start together make one. */
export async function seedFirstAdmin(db: Kysely<Tables>, admin: FirstAdmin, log: Logger): Promise<void> {
  if (await hasUsers(db)) return
  const passwordHash = await hashPassword(admin.password)
  await db.transaction().execute(async (trx) => {
    await holdLock(trx, 'seed')
    if (await hasUsers(trx)) return
    await trx
      .insertInto('users')
      .values({
        public_id: newId('usr'),
        email: admin.email,
        username: admin.username,
        password_hash: passwordHash,
        role: 'admin',
      })
      .execute()
    log.info({ event: 'seed.admin-made', email: admin.email }, 'first user made')
  })
}

const hasUsers = async (db: Kysely<Tables>): Promise<boolean> =>
  (await db.selectFrom('users').select('id').limit(1).executeTakeFirst()) !== undefined
