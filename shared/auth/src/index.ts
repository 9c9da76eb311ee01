export { createApiToken, hashApiToken, isApiToken } from './api-tokens.ts'
export { bearerToken } from './bearer.ts'
export {
  endSessions,
  publishRevocation,
  RevocationList,
  type RevocationListOptions,
  type Session,
} from './revocation-list.ts'
export {
  createTokenKey,
  type SignedToken,
  signToken,
  type TokenKey,
  type TokenOptions,
  verifyToken,
} from './tokens.ts'
