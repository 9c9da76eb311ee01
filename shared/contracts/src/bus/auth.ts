import { type Static, Type } from 'typebox'
import { ApiTokenId, UserId } from '../ids.ts'
import { Role } from '../roles.ts'
import { Timestamp } from '../time.ts'

/** Request on `auth.verify`: what may this credential do now? Signature and expiry of a session are checked by whoever asks. */
export const VerifyCredential = Type.Union([
  Type.Object({ session: Type.Object({ user: UserId, jti: Type.String(), version: Type.Integer({ minimum: 1 }) }) }),
  Type.Object({
    api_token_hash: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the token, in hex' }),
  }),
])
export type VerifyCredential = Static<typeof VerifyCredential>

/** Answer on `auth.verify`; a credential that is no good is answered as a refusal with an error code that begins with `auth.`. */
export const VerifiedCredential = Type.Object({
  user: UserId,
  role: Role,
  api_token: Type.Union([ApiTokenId, Type.Null()], { description: 'Null: a session' }),
  expires_at: Type.Union([Timestamp, Type.Null()], { description: 'Of an API token that ends' }),
})
export type VerifiedCredential = Static<typeof VerifiedCredential>

/**
 * KV `revoked`. Key = a session's `jti`: it has ended. Key = a user's id: all sessions of that user have that began under a version lower than
 * `version`, but for the one named `kept`. The entry is needed until `expires_at`.
 */
export const RevokedToken = Type.Object({
  expires_at: Timestamp,
  version: Type.Optional(Type.Integer({ minimum: 1 })),
  kept: Type.Optional(Type.Union([Type.String(), Type.Null()])),
})
export type RevokedToken = Static<typeof RevokedToken>
