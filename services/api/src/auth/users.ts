import type { Principal } from '@webmacs/auth/fastify'
import { AppError, formatTime, type TokenClaims, type User, type UserId } from '@webmacs/contracts'
import type { Row, Tables } from '@webmacs/database'
import { type Kysely, sql } from 'kysely'

/** The active user with this email; its case does not matter. */
export function findUserByEmail(db: Kysely<Tables>, email: string): Promise<Row<'users'> | undefined> {
  return db
    .selectFrom('users')
    .selectAll()
    .where(sql`lower(email)`, '=', email.toLowerCase())
    .where('deactivated_on', 'is', null)
    .executeTakeFirst()
}

/** @throws AppError `auth.user-gone` */
export async function readUser(db: Kysely<Tables>, id: UserId): Promise<User> {
  const row = await db
    .selectFrom('users')
    .selectAll()
    .where('public_id', '=', id)
    .where('deactivated_on', 'is', null)
    .executeTakeFirst()
  if (row === undefined) throw new AppError('auth.user-gone')
  return userAnswer(row)
}

/** The user of a token as the database knows them now: role changes, logouts and deactivation act at once, whatever the broker does. */
export async function loadPrincipal(db: Kysely<Tables>, claims: TokenClaims): Promise<Principal> {
  const row = await db
    .selectFrom('users')
    .select(['id', 'role', 'deactivated_on'])
    .select(({ exists, selectFrom }) =>
      exists(selectFrom('revoked_tokens').select('jti').where('jti', '=', claims.jti)).as('revoked'),
    )
    .where('public_id', '=', claims.sub)
    .executeTakeFirst()
  if (row?.revoked) throw new AppError('auth.revoked-token')
  if (row === undefined || row.deactivated_on !== null) throw new AppError('auth.user-gone')
  return { id: claims.sub, key: row.id, role: row.role, claims }
}

function userAnswer(row: Row<'users'>): User {
  return {
    public_id: row.public_id,
    email: row.email,
    username: row.username,
    role: row.role,
    admin: row.role === 'admin',
    registered_on: formatTime(row.registered_on),
    sso_provider: row.sso_provider,
  }
}
