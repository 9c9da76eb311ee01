import {
  type Access,
  type ApiTokenId,
  AppError,
  accessKey,
  mayActAs,
  type Role,
  type TokenClaims,
  type UserId,
} from '@webmacs/contracts'
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import { hashApiToken, isApiToken } from './api-tokens.ts'
import { basicCredentials, type EmailAndPassword } from './basic.ts'
import { bearerToken } from './bearer.ts'
import { type TokenKey, verifyToken } from './tokens.ts'

/** What a request was let in with. */
export type Credential =
  | { readonly kind: 'login'; readonly claims: TokenClaims }
  | { readonly kind: 'api-token'; readonly id: ApiTokenId }

/** Who makes a request, as the system knows them now (not as the token remembers them). */
export interface Principal {
  readonly id: UserId
  /** Key of the user's row, for rows that say who made them. */
  readonly key: number
  readonly role: Role
  readonly credential: Credential
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What this route needs: what the access table says, and the configuration of what it calls configurable; set at boot. */
    access?: Access
  }
  interface FastifyRequest {
    /** null on public routes, and for who comes by a link with a key; elsewhere `principalOf` gives it without the null. */
    principal: Principal | null
  }
}

export interface AuthenticationOptions {
  readonly key: TokenKey
  /** Route (`GET /api/v1/events/{id}`) → what it needs. */
  readonly access: Readonly<Record<string, Access>>
  /**
   * Finds the user of a session whose signature and expiry are good.
   * @throws AppError `auth.revoked-token`, `auth.user-gone`
   */
  readonly loadSession: (claims: TokenClaims) => Promise<Principal>
  /**
   * Finds the owner of an API token.
   * @throws AppError `auth.invalid-token`, `auth.expired-token`, `auth.user-gone`
   */
  readonly loadTokenOwner: (tokenHash: string) => Promise<Principal>
  /** Given where the routes that the table calls configurable are for admins only; left out: they are public. */
  readonly restricted?: {
    /**
     * Finds out the role of somebody who comes with email and password, as a browser sends them.
     * @throws AppError `auth.bad-credentials`, `auth.throttled`
     */
    readonly roleByPassword: (credentials: EmailAndPassword, request: FastifyRequest) => Promise<Role>
  }
}

/**
 * Guards every route that is registered after this call by the access table: 401 without a good token, 403 below the role, both before the
 * body is read. A route that the table does not name fails at boot, so that none is open by oversight.
 */
export function guardRoutes(app: FastifyInstance, options: AuthenticationOptions): void {
  app.decorateRequest('principal', null)
  app.addHook('onRoute', (route) => lookUpAccess(route, options))
  app.addHook('onRequest', async (request) => {
    const access = request.routeOptions.config.access
    if (request.is404 || access === undefined || access.role === 'public') return
    if (access.link && hasLinkKey(request)) return
    const basic = access.configurable ? basicCredentials(request.headers.authorization) : undefined
    if (basic !== undefined && options.restricted !== undefined) {
      checkRole(await options.restricted.roleByPassword(basic, request), access.role)
      return
    }
    const principal = await authenticate(options, bearerToken(request.headers.authorization))
    checkAccess(principal, access.role, access.credential)
    request.principal = principal
  })
}

/** Whether a request comes by a link with a key of its own. The key is for the handler to check, who finds no principal then. */
const hasLinkKey = ({ query }: FastifyRequest): boolean => typeof query === 'object' && query !== null && 'key' in query

async function authenticate(options: AuthenticationOptions, token: string): Promise<Principal> {
  if (isApiToken(token)) return options.loadTokenOwner(hashApiToken(token))
  return options.loadSession(await verifyToken(options.key, token))
}

function checkAccess(principal: Principal, role: Role, needed: Access['credential']): void {
  checkRole(principal.role, role)
  if (needed === 'login' && principal.credential.kind !== 'login') throw new AppError('auth.login-needed')
}

function checkRole(held: Role, needed: Role): void {
  if (!mayActAs(held, needed)) throw forbidden(needed)
}

/** @throws Error on a public route: there the program is wrong, not the request */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal === null) throw new Error(`${request.routeOptions.url} is public and has no principal`)
  return request.principal
}

function lookUpAccess(route: RouteOptions, { access: table, restricted }: AuthenticationOptions): void {
  const [method = ''] = [route.method].flat()
  const listed = table[accessKey(method, route.url)]
  if (listed === undefined) throw new Error(`${String(route.method)} ${route.url} is not in the access table`)
  const access = listed.configurable && restricted !== undefined ? { ...listed, role: 'admin' as const } : listed
  route.config = { ...route.config, access }
}

/** Below the role that a route, or what it touches, needs. */
export function forbidden(needed: Role): AppError {
  const word = `${needed.charAt(0).toUpperCase()}${needed.slice(1)}`
  return new AppError('auth.forbidden', { detail: `${word} privileges required.` })
}
