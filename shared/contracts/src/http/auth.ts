import { type Static, Type } from 'typebox'
import { UserId } from '../ids.ts'
import { Role } from '../roles.ts'
import { Timestamp } from '../time.ts'

export const Email = Type.String({
  minLength: 3,
  maxLength: 254,
  pattern: '^[^@\\s]+@[^@\\s]+$',
  description: 'Email address',
  examples: ['admin@webmacs.io'],
})

export const LoginRequest = Type.Object({
  email: Email,
  password: Type.String({ minLength: 1, maxLength: 1024 }),
})
export type LoginRequest = Static<typeof LoginRequest>

export const LoginResponse = Type.Object({
  status: Type.Literal('success'),
  message: Type.String(),
  access_token: Type.String({ description: 'JWT; send it as Authorization: Bearer <token>' }),
  public_id: UserId,
  username: Type.String(),
})
export type LoginResponse = Static<typeof LoginResponse>

export const User = Type.Object({
  public_id: UserId,
  email: Type.String(),
  username: Type.String(),
  role: Role,
  admin: Type.Boolean({ description: 'Whether role is admin' }),
  registered_on: Timestamp,
  sso_provider: Type.Union([Type.String(), Type.Null()]),
})
export type User = Static<typeof User>

/** Claims of an access token (JWT, HS256). `role` is what the user had at login; api reads the current one. */
export const TokenClaims = Type.Object({
  sub: UserId,
  role: Role,
  jti: Type.String(),
  iat: Type.Integer(),
  exp: Type.Integer(),
})
export type TokenClaims = Static<typeof TokenClaims>
