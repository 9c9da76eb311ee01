import { CLOSE_REASON, type ErrorCode, type Role } from '@webmacs/contracts'

/** Why a socket is closed with 1008. Clients know these texts; they are part of the contract. */
export const REASON = {
  required: 'Authentication required',
  invalidToken: 'Invalid or expired token',
  revoked: 'Token has been revoked',
  invalidApiToken: 'Invalid API token',
  expiredApiToken: 'API token expired',
  userGone: 'User not found',
  roleChanged: CLOSE_REASON.roleChanged,
} as const

/** Why a socket is closed with 1013. */
export const AUTH_AWAY = 'Authentication is away, try again later'

export type CredentialKind = 'session' | 'api-token'

const REASONS: Partial<Record<ErrorCode, string>> = {
  'auth.required': REASON.required,
  'auth.revoked-token': REASON.revoked,
  'auth.expired-token': REASON.expiredApiToken,
  'auth.user-gone': REASON.userGone,
}

/** What a refusal means for the socket; undefined when the error is none of the credential. */
export function reasonOf(code: ErrorCode, kind: CredentialKind): string | undefined {
  if (code === 'auth.invalid-token') return kind === 'session' ? REASON.invalidToken : REASON.invalidApiToken
  if (code === 'auth.forbidden') return privilegesRequired('operator')
  return REASONS[code]
}

export function privilegesRequired(role: Role): string {
  const reasons: Record<Role, string> = {
    viewer: 'Viewer privileges required',
    operator: CLOSE_REASON.operatorOnly,
    admin: 'Admin privileges required',
  }
  return reasons[role]
}
