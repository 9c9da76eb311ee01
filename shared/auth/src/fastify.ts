import { AppError, mayActAs, type Role, type TokenClaims, type UserId } from '@webmacs/contracts'
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import { bearerToken } from './bearer.ts'
import { type TokenKey, verifyToken } from './tokens.ts'

/** The least role that a route asks for; `public` asks for no token at all. */
export type RouteRole = Role | 'public'

/** Who makes a request, as the system knows them now (not as the token remembers them). */
export interface Principal {
  readonly id: UserId
  /** Key of the user's row, for rows that say who made them. */
  readonly key: number
  readonly role: Role
  readonly claims: TokenClaims
}

declare module 'fastify' {
  interface FastifyContextConfig {
    role?: RouteRole
  }
  interface FastifyRequest {
    /** null on public routes; elsewhere `principalOf` gives it without the null. */
    principal: Principal | null
  }
  interface FastifyInstance {
    /** Reads the token and loads who sent it. Routes with a role other than `public` have done so before their handler runs. */
    authenticate(request: FastifyRequest): Promise<Principal>
  }
}

export interface AuthenticationOptions {
  readonly key: TokenKey
  /**
   * Finds the user of a token whose signature and expiry are good.
   * @throws AppError `auth.revoked-token`, `auth.user-gone`
   */
  readonly loadPrincipal: (claims: TokenClaims) => Promise<Principal>
}

/**
 * Guards every route that is registered after this call by its `config.role`: 401 without a good token, 403 below the role, both before the
 * body is read. A route that declares no role fails at boot, so that none is open by oversight.
 */
export function guardRoutes(app: FastifyInstance, { key, loadPrincipal }: AuthenticationOptions): void {
  app.decorateRequest('principal', null)
  app.decorate('authenticate', async (request: FastifyRequest): Promise<Principal> => {
    const claims = await verifyToken(key, bearerToken(request.headers.authorization))
    return loadPrincipal(claims)
  })
  app.addHook('onRoute', requireRole)
  app.addHook('onRequest', async (request) => {
    const needed = request.routeOptions.config.role
    if (request.is404 || needed === 'public' || needed === undefined) return
    request.principal = await app.authenticate(request)
    if (!mayActAs(request.principal.role, needed)) throw forbidden(needed)
  })
}

/** @throws Error on a public route: there the program is wrong, not the request */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal === null) throw new Error(`${request.routeOptions.url} is public and has no principal`)
  return request.principal
}

function requireRole(route: RouteOptions): void {
  if (route.config?.role === undefined) {
    throw new Error(`${String(route.method)} ${route.url} declares no role (config: { role: … })`)
  }
}

function forbidden(needed: Role): AppError {
  const word = `${needed.charAt(0).toUpperCase()}${needed.slice(1)}`
  return new AppError('auth.forbidden', { detail: `${word} privileges required.` })
}
