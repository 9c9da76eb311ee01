import type { Session } from '@webmacs/auth'
import type { Role } from '@webmacs/contracts'

export interface Admission {
  readonly userId: string
  readonly role: Role
  readonly session: Session
  /** When the token expires, milliseconds since 1970. */
  readonly expiresAtMs: number
}

/** Refusal with the reason that older clients know. */
export interface Refusal {
  readonly refused: string
}

/** Decides who may follow the stream, and tells when a token that was let in is revoked. */
export interface TokenGate {
  admit(token: string | undefined): Promise<Admission | Refusal>
  /** Whether who was let in would be refused now. */
  isRevoked(admission: Admission): boolean
  /** Calls the listener each time that something more is revoked. */
  onRevoked(listener: () => void): () => void
  stop(): Promise<void>
}
