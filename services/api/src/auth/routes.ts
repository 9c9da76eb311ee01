import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { signToken, type TokenKey } from '@webmacs/auth'
import { principalOf } from '@webmacs/auth/fastify'
import { verifyPassword } from '@webmacs/auth/passwords'
import { AppError, LoginRequest, LoginResponse, newId, SsoConfig, Success, success, User } from '@webmacs/contracts'
import type { Row, Tables } from '@webmacs/database'
import type { FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import type { LoginThrottle } from './login-throttle.ts'
import type { Revocations } from './revocations.ts'
import { findUserByEmail, readUser } from './users.ts'

export interface AuthRoutesOptions {
  readonly db: Kysely<Tables>
  readonly key: TokenKey
  readonly tokenLifetimeMinutes: number
  readonly throttle: LoginThrottle
  readonly revocations: Revocations
}

export const authRoutes =
  (options: AuthRoutesOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(
      '/auth/login',
      {
        config: { errors: ['auth.bad-credentials', 'auth.throttled'] },
        schema: {
          summary: 'Log in',
          description:
            'Gives an access token for email and password. Failed attempts are counted per account and address.',
          tags: ['Authentication'],
          body: LoginRequest,
          response: { 200: LoginResponse },
        },
      },
      async (request) => {
        const user = await authenticate(options, request, request.body)
        const { token } = await signToken(options.key, {
          user: user.public_id,
          role: user.role,
          version: user.session_version,
          lifetimeMinutes: options.tokenLifetimeMinutes,
        })
        await noteLogin(options.db, user)
        return {
          status: 'success' as const,
          message: 'Successfully logged in.',
          access_token: token,
          public_id: user.public_id,
          username: user.username,
        }
      },
    )

    app.post(
      '/auth/logout',
      {
        schema: {
          summary: 'Log out',
          description: 'Revokes the access token that the request carries; it is refused everywhere within a second.',
          tags: ['Authentication'],
          response: { 200: Success },
        },
      },
      async (request) => {
        const { credential } = principalOf(request)
        if (credential.kind === 'login') await options.revocations.revoke(credential.claims)
        return success('Successfully logged out.')
      },
    )

    app.get(
      '/auth/me',
      {
        schema: { summary: 'Read your own profile', tags: ['Authentication'], response: { 200: User } },
      },
      (request) => readUser(options.db, principalOf(request).id),
    )

    app.get(
      '/auth/sso/config',
      {
        schema: {
          summary: 'Read whether single sign-on is offered',
          tags: ['Authentication'],
          response: { 200: SsoConfig },
        },
      },
      async () => ({ enabled: false, provider_name: '', authorize_url: '' }),
    )
  }

/** @throws AppError `auth.bad-credentials`, the same for an unknown user and a wrong password, after the same time; `auth.throttled` */
async function authenticate(
  { db, throttle }: AuthRoutesOptions,
  request: FastifyRequest,
  { email, password }: LoginRequest,
): Promise<Row<'users'>> {
  const attempt = { account: email.toLowerCase(), address: request.ip }
  throttle.begin(attempt)
  const user = await findUserByEmail(db, email)
  const matches = await verifyPassword(user?.password_hash ?? undefined, password)
  if (user === undefined || !matches) {
    request.log.warn(
      { event: 'login.failed', email, address: request.ip, knownUser: user !== undefined },
      'login failed',
    )
    throw new AppError('auth.bad-credentials')
  }
  throttle.succeeded(attempt)
  return user
}

async function noteLogin(db: Kysely<Tables>, user: Row<'users'>): Promise<void> {
  await db
    .insertInto('log_entries')
    .values({
      public_id: newId('log'),
      content: `User '${user.username}' logged in.`,
      logging_type: 'info',
      status_type: 'unread',
      user_id: user.id,
    })
    .execute()
}
