import type { Bus, Responder } from '@webmacs/bus'
import { formatTime, type VerifiedCredential, VerifyCredential } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { readSession, readTokenOwner } from '@webmacs/http-kit/principals'
import type { Logger } from '@webmacs/service-kit'
import type { Kysely } from 'kysely'
import { answerRequests } from '../answer-requests.ts'

/** Tells the sockets' service what a session or an API token may do now; a credential that is no good is refused with its code. */
export function answerVerification(db: Kysely<Tables>, bus: Bus, log: Logger): Responder {
  return answerRequests(bus, bus.names.subjects.authVerify, VerifyCredential, (asked) =>
    'session' in asked ? verifySession(db, asked.session) : verifyApiToken(db, asked.api_token_hash, log),
  )
}

async function verifySession(
  db: Kysely<Tables>,
  { user, jti, version }: Extract<VerifyCredential, { session: object }>['session'],
): Promise<VerifiedCredential> {
  const { role } = await readSession(db, { sub: user, jti, ver: version })
  return { user, role, api_token: null, expires_at: null }
}

async function verifyApiToken(db: Kysely<Tables>, hash: string, log: Logger): Promise<VerifiedCredential> {
  const { public_id, role, token_id, expires_at } = await readTokenOwner(db, hash, log)
  return {
    user: public_id,
    role,
    api_token: token_id,
    expires_at: expires_at === null ? null : formatTime(expires_at),
  }
}
