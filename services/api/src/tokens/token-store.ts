import { createApiToken, hashApiToken } from '@webmacs/auth'
import type { Principal } from '@webmacs/auth/fastify'
import {
  type ApiToken,
  type ApiTokenId,
  type CreateApiToken,
  type CreatedApiToken,
  formatTime,
  type Micros,
  newId,
  type Page,
  type UserId,
} from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { limitOf, offsetOf } from '@webmacs/http-kit/paging'
import type { Kysely } from 'kysely'
import type { Changes, Making } from '../changes/changes.ts'
import { parseExpiry } from './expiry.ts'

/** API tokens, newest first: one's own, or everybody's for an admin. */
export async function listApiTokens(
  db: Kysely<Tables>,
  page: Page,
  by: Principal,
): Promise<{ total: number; tokens: ApiToken[] }> {
  const visible = db
    .selectFrom('api_tokens')
    .innerJoin('users', 'users.id', 'api_tokens.user_id')
    .$if(by.role !== 'admin', (tokens) => tokens.where('api_tokens.user_id', '=', by.key))
  const [rows, { total }] = await Promise.all([
    visible
      .select(['api_tokens.public_id', 'name', 'last_used_at', 'expires_at', 'created_on'])
      .select('users.public_id as user_public_id')
      .orderBy('created_on', 'desc')
      .orderBy('api_tokens.id', 'desc')
      .limit(limitOf(page))
      .offset(offsetOf(page))
      .execute(),
    visible.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
  ])
  return {
    total,
    tokens: rows.map(({ created_on, last_used_at, expires_at, ...token }) => ({
      ...token,
      last_used_at: timeOrNull(last_used_at),
      expires_at: timeOrNull(expires_at),
      created_at: formatTime(created_on),
    })),
  }
}

/**
 * Makes a token for the one who asks; it is told here and never again.
 * @throws AppError `request.invalid`
 */
export function makeApiToken(
  changes: Changes,
  { name, expires_at }: CreateApiToken,
  by: Principal,
): Promise<CreatedApiToken> {
  const expiry = timeOrNull(parseExpiry(expires_at))
  const id = newId('tok')
  const token = createApiToken()
  return changes.make(by, async ({ trx, record }) => {
    const { created_on } = await trx
      .insertInto('api_tokens')
      .values({ public_id: id, name, token_hash: hashApiToken(token), user_id: by.key, expires_at: expiry })
      .returning('created_on')
      .executeTakeFirstOrThrow()
    await record({ entity: 'api_token', verb: 'created', id, after: { name, expires_at: expiry, user: by.id } })
    return { public_id: id, name, token, expires_at: expiry, created_at: formatTime(created_on) }
  })
}

/**
 * Takes a token out of use: one's own, or anybody's for an admin.
 * @returns whether there was such a token
 */
export function deleteApiToken(changes: Changes, id: ApiTokenId, { by }: { readonly by: Principal }): Promise<boolean> {
  return changes.make(by, async ({ trx, record }) => {
    const deleted = await trx
      .deleteFrom('api_tokens')
      .using('users')
      .whereRef('users.id', '=', 'api_tokens.user_id')
      .where('api_tokens.public_id', '=', id)
      .$if(by.role !== 'admin', (tokens) => tokens.where('api_tokens.user_id', '=', by.key))
      .returning(['api_tokens.name', 'api_tokens.expires_at', 'users.public_id as user'])
      .executeTakeFirst()
    if (deleted === undefined) return false
    await record({ entity: 'api_token', verb: 'deleted', id, before: factsOf(deleted) })
    return true
  })
}

/** Takes all tokens of a user out of use, as part of a greater change. */
export async function deleteTokensOf(
  { trx, record }: Making,
  { id: user, key }: { readonly id: UserId; readonly key: number },
): Promise<void> {
  const deleted = await trx
    .deleteFrom('api_tokens')
    .where('user_id', '=', key)
    .returning(['public_id', 'name', 'expires_at'])
    .execute()
  for (const { public_id, name, expires_at } of deleted) {
    const before = factsOf({ name, expires_at, user })
    await record({ entity: 'api_token', verb: 'deleted', id: public_id, before })
  }
}

const factsOf = ({ name, expires_at, user }: { name: string; expires_at: Micros | null; user: UserId }) => ({
  name,
  expires_at: timeOrNull(expires_at),
  user,
})

const timeOrNull = (time: Micros | null): string | null => (time === null ? null : formatTime(time))
