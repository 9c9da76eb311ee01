import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { signToken, type TokenKey } from '@webmacs/auth'
import { principalOf } from '@webmacs/auth/fastify'
import { LoginRequest, LoginResponse, newId, SsoConfig, Success, success, User } from '@webmacs/contracts'
import type { Row, Tables } from '@webmacs/database'
import type { Kysely } from 'kysely'
import type { Changes } from '../changes/changes.ts'
import { deleteApiToken } from '../tokens/token-store.ts'
import { checkCredentials } from './credentials.ts'
import type { LoginThrottle } from './login-throttle.ts'
import type { Revocations } from './revocations.ts'
import { readUser } from './users.ts'

export interface AuthRoutesOptions {
  readonly db: Kysely<Tables>
  readonly changes: Changes
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
        const user = await checkCredentials(options, request, request.body)
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
          description:
            'Revokes the token that the request carries; it is refused everywhere within a second. An API token is deleted by it.',
          tags: ['Authentication'],
          response: { 200: Success },
        },
      },
      async (request) => {
        const principal = principalOf(request)
        const { credential } = principal
        if (credential.kind === 'login') await options.revocations.revoke(credential.claims)
        else await deleteApiToken(options.changes, credential.id, { by: principal })
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
