import { AppError, formatTime, type User, type UserId } from '@webmacs/contracts'
import type { Row, Tables } from '@webmacs/database'
import { type Kysely, sql } from 'kysely'

/** The active user with this email; its case does not matter. */
export function findUserByEmail(db: Kysely<Tables>, email: string): Promise<Row<'users'> | undefined> {
  return db
    .selectFrom('users')
    .selectAll()
    .where(sql`lower(email)`, '=', sql`lower(${email})`)
    .where('deactivated_on', 'is', null)
    .executeTakeFirst()
}

/** Whether somebody has not logged in yet since the users were taken over from WebMACS 2. */
export async function hasImportedUsers(db: Kysely<Tables>): Promise<boolean> {
  const row = await db
    .selectFrom('users')
    .select('id')
    .where('password_hash', 'like', '$2%')
    .where('deactivated_on', 'is', null)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
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

export function userAnswer(row: Row<'users'>): User {
  return {
    public_id: row.public_id,
    email: row.email,
    username: row.username,
    role: row.role,
    admin: row.role === 'admin',
    registered_on: formatTime(row.registered_on),
    sso_provider: row.sso_provider,
    settings: row.settings,
  }
}
