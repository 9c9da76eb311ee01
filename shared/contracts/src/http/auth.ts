import { type Static, Type } from 'typebox'
import { UserId } from '../ids.ts'
import { Role } from '../roles.ts'
import { Email } from './users.ts'

export const LoginRequest = Type.Object({
  email: Email,
  password: Type.String({ minLength: 1, maxLength: 1024, description: 'Password', examples: ['correct horse'] }),
})
export type LoginRequest = Static<typeof LoginRequest>

export const LoginResponse = Type.Object({
  status: Type.Literal('success', { description: 'Always success' }),
  message: Type.String({ description: 'What was done, as a sentence', examples: ['Successfully logged in.'] }),
  access_token: Type.String({
    description: 'JWT; send it as Authorization: Bearer <token>',
    examples: ['eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.c2ln'],
  }),
  public_id: UserId,
  username: Type.String({ description: 'Name of the user', examples: ['ada'] }),
})
export type LoginResponse = Static<typeof LoginResponse>

export const SsoConfig = Type.Object({
  enabled: Type.Boolean({ description: 'Whether single sign-on is offered' }),
  provider_name: Type.String({ description: 'Text of the button; empty when not offered', examples: [''] }),
  authorize_url: Type.String({ description: 'Where the button leads; empty when not offered', examples: [''] }),
})
export type SsoConfig = Static<typeof SsoConfig>

/** Claims of an access token (JWT, HS256). `role` is what the user had at login; api reads the current one. */
export const TokenClaims = Type.Object({
  sub: UserId,
  role: Role,
  jti: Type.String(),
  /** `users.session_version` at login: when it rises, every session that began under a lower one has ended. */
  ver: Type.Integer({ minimum: 1 }),
  iat: Type.Integer(),
  exp: Type.Integer(),
})
export type TokenClaims = Static<typeof TokenClaims>
