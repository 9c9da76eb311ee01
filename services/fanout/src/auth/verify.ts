import { type Bus, NoReplyError, request } from '@webmacs/bus'
import { AppError, VerifiedCredential, type VerifyCredential } from '@webmacs/contracts'
import type { Credential } from './admission.ts'
import { type CredentialKind, reasonOf } from './reasons.ts'

export type Verification =
  | { readonly kind: 'verified'; readonly verified: VerifiedCredential }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unavailable' }

/** Longer than api takes when it is well, short enough for a client that waits. */
const DEADLINE_MS = 2000

export type Unverified = Credential | { readonly kind: 'api-token'; readonly hash: string }

/** Asks api what a credential may do now. Never throws: who cannot answer is `unavailable`. */
export async function verifyWithApi(bus: Bus, credential: Unverified): Promise<Verification> {
  if (bus.status() !== 'connected') return { kind: 'unavailable' } // a request would wait for nothing
  try {
    const options = { timeoutMs: DEADLINE_MS }
    const asked = questionOf(credential)
    const verified = await request(bus, bus.names.subjects.authVerify, asked, VerifiedCredential, options)
    return { kind: 'verified', verified }
  } catch (err) {
    return judge(bus, credential.kind, err)
  }
}

function questionOf(credential: Unverified): VerifyCredential {
  if (credential.kind === 'api-token') return { api_token_hash: credential.hash }
  const { sub, jti, ver } = credential.session
  return { session: { user: sub, jti, version: ver } }
}

function judge(bus: Bus, kind: CredentialKind, err: unknown): Verification {
  const reason = err instanceof AppError ? reasonOf(err.code, kind) : undefined
  if (reason !== undefined) return { kind: 'refused', reason }
  if (!(err instanceof NoReplyError) && bus.status() === 'connected') {
    bus.log.warn({ event: 'auth.not-verified', err }, 'api could not verify a credential')
  }
  return { kind: 'unavailable' }
}
