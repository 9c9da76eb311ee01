import { hashApiToken, isApiToken, type RevocationList, type TokenKey, verifyToken } from '@webmacs/auth'
import type { Bus } from '@webmacs/bus'
import { AppError, mayActAs, parseTime, type TokenClaims } from '@webmacs/contracts'
import type { Admission, Needs, Verdict } from './admission.ts'
import { privilegesRequired, REASON } from './reasons.ts'
import { verifyWithApi } from './verify.ts'

export interface GateOptions {
  readonly bus: Bus
  readonly key: TokenKey
  readonly revoked: RevocationList
}

/** Decides who may open a socket. Api knows the current role; a session's signature, expiry and revocation are checked here as well. */
export class Gate {
  readonly #bus: Bus
  readonly #key: TokenKey
  readonly #revoked: RevocationList

  constructor({ bus, key, revoked }: GateOptions) {
    this.#bus = bus
    this.#key = key
    this.#revoked = revoked
  }

  async admit(token: string, needs: Needs): Promise<Verdict> {
    if (token === '') return { kind: 'refused', reason: REASON.required }
    const verdict = isApiToken(token) ? await this.#admitApiToken(token) : await this.#admitSession(token, needs)
    if (verdict.kind !== 'admitted' || mayActAs(verdict.admission.role, needs.role)) return verdict
    return { kind: 'refused', reason: privilegesRequired(needs.role) }
  }

  async #admitApiToken(token: string): Promise<Verdict> {
    const hash = hashApiToken(token)
    const verification = await verifyWithApi(this.#bus, { kind: 'api-token', hash })
    if (verification.kind !== 'verified') return verification
    const { user, role, api_token: id, expires_at } = verification.verified
    if (id === null) return { kind: 'refused', reason: REASON.invalidApiToken }
    const expiresAt = expires_at === null ? undefined : parseTime(expires_at)
    const expiresAtMs = expiresAt === undefined ? null : expiresAt / 1000
    const credential = { kind: 'api-token', hash, id } as const
    return { kind: 'admitted', admission: { user, role, credential, expiresAtMs, isConfirmed: true } }
  }

  async #admitSession(token: string, { admitsWithoutApi }: Needs): Promise<Verdict> {
    const claims = await this.#readClaims(token)
    if (claims === undefined) return { kind: 'refused', reason: REASON.invalidToken }
    if (this.#revoked.has(claims)) return { kind: 'refused', reason: REASON.revoked }
    const credential = { kind: 'session', session: claims } as const
    const admission: Omit<Admission, 'role' | 'isConfirmed'> = {
      user: claims.sub,
      credential,
      expiresAtMs: claims.exp * 1000,
    }
    const verification = await verifyWithApi(this.#bus, credential)
    switch (verification.kind) {
      case 'verified':
        return { kind: 'admitted', admission: { ...admission, role: verification.verified.role, isConfirmed: true } }
      case 'unavailable':
        if (!admitsWithoutApi) return verification
        return { kind: 'admitted', admission: { ...admission, role: claims.role, isConfirmed: false } }
      case 'refused':
        return verification
    }
  }

  async #readClaims(token: string): Promise<TokenClaims | undefined> {
    try {
      return await verifyToken(this.#key, token)
    } catch (err) {
      if (err instanceof AppError) return undefined
      throw err
    }
  }
}
