import { createHash, randomBytes } from 'node:crypto'
import { API_TOKEN_PREFIX } from '@webmacs/contracts'

const RANDOM_BYTES = 48

/** A new API token: `wm_` and 64 characters of base64url, 384 random bits. */
export const createApiToken = (): string => `${API_TOKEN_PREFIX}${randomBytes(RANDOM_BYTES).toString('base64url')}`

/** What is kept of an API token: SHA-256 in hex. Its randomness makes a slow hash needless. */
export const hashApiToken = (token: string): string => createHash('sha256').update(token).digest('hex')

/** Tells an API token from a JWT, whether it is a good one or not. */
export const isApiToken = (token: string): boolean => token.startsWith(API_TOKEN_PREFIX)
