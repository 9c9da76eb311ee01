import type { Role } from '@webmacs/contracts'

export interface Admission {
  readonly userId: string
  readonly role: Role
  readonly tokenId: string
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
  /** Calls the listener with the id of each token revoked from now on. */
  onRevoked(listener: (tokenId: string) => void): () => void
  stop(): Promise<void>
}
