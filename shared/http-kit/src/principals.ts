import type { Session } from '@webmacs/auth'
import type { Principal } from '@webmacs/auth/fastify'
import { AppError, type Role, type TokenClaims } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'
import { type Kysely, sql } from 'kysely'

/** The user of a session as the database knows them now: role changes, logouts and deactivation act at once, whatever the broker does. */
export async function loadSession(db: Kysely<Tables>, claims: TokenClaims): Promise<Principal> {
  const { key, role } = await readSession(db, claims)
  return { id: claims.sub, key, role, credential: { kind: 'login', claims } }
}

/** @throws AppError `auth.revoked-token`, `auth.user-gone` */
export async function readSession(
  db: Kysely<Tables>,
  session: Session,
): Promise<{ readonly key: number; readonly role: Role }> {
  const row = await db
    .selectFrom('users')
    .select(['id', 'role', 'deactivated_on', 'session_version', 'kept_session'])
    .select(({ exists, selectFrom }) =>
      exists(selectFrom('revoked_tokens').select('jti').where('jti', '=', session.jti)).as('revoked'),
    )
    .where('public_id', '=', session.sub)
    .executeTakeFirst()
  if (row?.revoked) throw new AppError('auth.revoked-token')
  if (row === undefined || row.deactivated_on !== null) throw new AppError('auth.user-gone')
  if (session.ver < row.session_version && session.jti !== row.kept_session) throw new AppError('auth.revoked-token')
  return { key: row.id, role: row.role }
}

const LAST_USE_PRECISION = sql`interval '1 minute'`

/** The owner of an API token as the database knows them now, for a request. @throws AppError `auth.invalid-token`, `auth.expired-token`, `auth.user-gone` */
export async function loadTokenOwner(db: Kysely<Tables>, tokenHash: string, log: Logger): Promise<Principal> {
  const owner = await readTokenOwner(db, tokenHash, log)
  return { id: owner.public_id, key: owner.id, role: owner.role, credential: { kind: 'api-token', id: owner.token_id } }
}

/** The row of an API token with its owner. @throws AppError `auth.invalid-token`, `auth.expired-token`, `auth.user-gone` */
export async function readTokenOwner(db: Kysely<Tables>, tokenHash: string, log: Logger) {
  const row = await db
    .selectFrom('api_tokens')
    .innerJoin('users', 'users.id', 'api_tokens.user_id')
    .select(['api_tokens.id as token', 'api_tokens.public_id as token_id', 'expires_at'])
    .select(['users.id', 'users.public_id', 'role', 'deactivated_on'])
    .select(sql<boolean>`expires_at <= now()`.as('is_expired'))
    .select(sql<boolean>`coalesce(last_used_at < now() - ${LAST_USE_PRECISION}, true)`.as('is_use_news'))
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst()
  if (row === undefined) throw new AppError('auth.invalid-token', { detail: 'Invalid API token.' })
  if (row.is_expired) throw new AppError('auth.expired-token', { detail: 'API token has expired.' })
  if (row.deactivated_on !== null) throw new AppError('auth.user-gone', { detail: 'Token owner not found.' })
  if (row.is_use_news) await noteUse(db, row.token, log)
  return row
}

/**
 * Last use is noted to the minute, so that reading does not mean writing; by one of the requests that come at once, while the others pass by.
 * It is no reason for a request to fail.
 */
async function noteUse(db: Kysely<Tables>, token: number, log: Logger): Promise<void> {
  const free = db.selectFrom('api_tokens').select('id').where('id', '=', token).forUpdate().skipLocked()
  try {
    await db.updateTable('api_tokens').set({ last_used_at: sql`now()` }).where('id', 'in', free).execute()
  } catch (err) {
    log.warn({ event: 'api-token.use-not-noted', err }, 'last use of an API token could not be noted')
  }
}
