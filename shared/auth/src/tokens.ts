import { randomUUID } from 'node:crypto'
import { AppError, ROLES, type Role, type TokenClaims, type UserId } from '@webmacs/contracts'
import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose'

declare const brand: unique symbol

/** The secret that access tokens are signed with, checked once by `createTokenKey`. */
export type TokenKey = Uint8Array & { readonly [brand]: 'TokenKey' }

const ALGORITHM = 'HS256'
/** Other tokens signed with the same secret (a login state, say) name another type, so that none passes for an access token. */
const TYPE = 'JWT'
const MIN_SECRET_CHARACTERS = 32

/** @throws RangeError when the secret has fewer than 32 characters */
export function createTokenKey(secret: string): TokenKey {
  if (secret.length < MIN_SECRET_CHARACTERS) {
    throw new RangeError(`the token secret has ${secret.length} characters, ${MIN_SECRET_CHARACTERS} are needed`)
  }
  return new TextEncoder().encode(secret) as TokenKey // the one place that makes keys
}

export interface TokenOptions {
  readonly user: UserId
  readonly role: Role
  /** `users.session_version` of the user now. */
  readonly version: number
  readonly lifetimeMinutes: number
  readonly now?: Date
}

export interface SignedToken {
  readonly token: string
  readonly claims: TokenClaims
}

/** Makes an access token. Each has its own `jti`, so that revoking one leaves the user's others alone. */
export async function signToken(key: TokenKey, options: TokenOptions): Promise<SignedToken> {
  const iat = Math.floor((options.now ?? new Date()).getTime() / 1000)
  const claims: TokenClaims = {
    sub: options.user,
    role: options.role,
    jti: randomUUID(),
    ver: options.version,
    iat,
    exp: iat + options.lifetimeMinutes * 60,
  }
  const token = await new SignJWT({ ...claims }).setProtectedHeader({ alg: ALGORITHM, typ: TYPE }).sign(key)
  return { token, claims }
}

/**
 * Reads an access token after checking signature, algorithm, type and expiry. Whether it was revoked is another question (`RevocationList`).
 * @throws AppError `auth.invalid-token` for anything but a good token
 */
export async function verifyToken(key: TokenKey, token: string, now?: Date): Promise<TokenClaims> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [ALGORITHM],
      typ: TYPE,
      requiredClaims: ['sub', 'jti', 'ver', 'iat', 'exp'],
      ...(now !== undefined && { currentDate: now }),
    })
    if (hasClaims(payload)) return payload
  } catch (err) {
    if (!(err instanceof errors.JOSEError)) throw err
    throw new AppError('auth.invalid-token', { cause: err })
  }
  throw new AppError('auth.invalid-token')
}

function hasClaims(payload: JWTPayload): payload is JWTPayload & TokenClaims {
  const { sub, role, jti, ver } = payload
  return (
    typeof sub === 'string' &&
    typeof jti === 'string' &&
    jti !== '' &&
    Number.isSafeInteger(ver) &&
    ROLES.some((known) => known === role)
  )
}
