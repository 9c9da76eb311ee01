export { bearerToken } from './bearer.ts'
export { publishRevocation, RevocationList, type RevocationListOptions } from './revocation-list.ts'
export {
  createTokenKey,
  type SignedToken,
  signToken,
  type TokenKey,
  type TokenOptions,
  verifyToken,
} from './tokens.ts'
