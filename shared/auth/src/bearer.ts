import { AppError } from '@webmacs/contracts'

const BEARER = /^bearer +(\S+) *$/i

/**
 * The token of an `Authorization: Bearer <token>` header; the scheme's case does not matter.
 * @throws AppError `auth.required` when there is none
 */
export function bearerToken(header: string | undefined): string {
  const token = BEARER.exec(header ?? '')?.[1]
  if (token === undefined) throw new AppError('auth.required')
  return token
}
