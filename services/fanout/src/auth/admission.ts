import type { Session } from '@webmacs/auth'
import type { ApiTokenId, Role, UserId } from '@webmacs/contracts'

export type Credential =
  | { readonly kind: 'session'; readonly session: Session }
  | { readonly kind: 'api-token'; readonly hash: string; readonly id: ApiTokenId }

/** Who was let in, and with what. */
export interface Admission {
  readonly user: UserId
  /** At the time of admission. */
  readonly role: Role
  readonly credential: Credential
  /** When the credential expires, milliseconds since 1970; null: never. */
  readonly expiresAtMs: number | null
  /** false: api did not answer, and the token's own word had to do. */
  readonly isConfirmed: boolean
}

export type Verdict =
  | { readonly kind: 'admitted'; readonly admission: Admission }
  /** `reason` goes to the client with close code 1008. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Nobody can say now. */
  | { readonly kind: 'unavailable' }

/** What a socket asks of who opens it. */
export interface Needs {
  readonly role: Role
  /** Whether a session with a good signature may enter while api does not answer. */
  readonly admitsWithoutApi: boolean
}
