import { hashPassword, isImportedHash, verifyPassword } from '@webmacs/auth/passwords'
import { AppError, type LoginRequest } from '@webmacs/contracts'
import type { Row, Tables } from '@webmacs/database'
import { clientKey } from '@webmacs/http-kit/client-address'
import type { FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import type { LoginThrottle } from './login-throttle.ts'
import { findUserByEmail, hasImportedUsers } from './users.ts'

export interface CredentialsOptions {
  readonly db: Kysely<Tables>
  readonly throttle: LoginThrottle
}

/**
 * The user with this email and password. The refusal is the same for an unknown user, a wrong password and a user without one, after the
 * same time.
 * @throws AppError `auth.bad-credentials`, `auth.throttled`
 */
export async function checkCredentials(
  { db, throttle }: CredentialsOptions,
  request: FastifyRequest,
  { email, password }: LoginRequest,
): Promise<Row<'users'>> {
  const attempt = { account: email.toLowerCase(), address: clientKey(request.ip) }
  throttle.begin(attempt)
  const { user, matches } = await compare(db, email, password).catch((err: unknown) => {
    throttle.withdraw(attempt) // the database was away: nobody's guess was wrong
    throw err
  })
  if (user === undefined || !matches) {
    throttle.failed(attempt)
    request.log.warn(
      { event: 'login.failed', email, address: request.ip, knownUser: user !== undefined },
      'login failed',
    )
    throw new AppError('auth.bad-credentials')
  }
  throttle.succeeded(attempt)
  await renewImportedHash(db, user, password)
  return user
}

async function compare(
  db: Kysely<Tables>,
  email: string,
  password: string,
): Promise<{ user: Row<'users'> | undefined; matches: boolean }> {
  const [user, withImported] = await Promise.all([findUserByEmail(db, email), hasImportedUsers(db)])
  return { user, matches: await verifyPassword(user?.password_hash, password, { withImported }) }
}

/** The same password as before in a better hash: sessions go on. A password that was changed meanwhile stays. */
async function renewImportedHash(db: Kysely<Tables>, user: Row<'users'>, password: string): Promise<void> {
  const imported = user.password_hash
  if (imported === null || !isImportedHash(imported)) return
  await db
    .updateTable('users')
    .set({ password_hash: await hashPassword(password) })
    .where('id', '=', user.id)
    .where('password_hash', '=', imported)
    .execute()
}
