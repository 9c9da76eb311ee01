import rateLimit from '@fastify/rate-limit'
import { AppError } from '@webmacs/contracts'
import type { AddressList } from '@webmacs/service-kit'
import type { FastifyInstance } from 'fastify'
import { clientKey } from './client-address.ts'

const WINDOW_MS = 60_000
/** Addresses remembered at once; the one that was quiet longest is forgotten first. */
const MAX_ADDRESSES = 10_000

export interface RateLimitOptions {
  readonly perMinute: number
  /** Whose requests are not counted. */
  readonly exempt: AddressList
}

/** Not counted: what health checks ask, and the datapoints that devices send and dashboards poll. */
export function isUnlimited(method: string, path: string): boolean {
  if (/^(\/api\/v1)?\/health\/?$/.test(path)) return true
  return (method === 'GET' || method === 'POST') && /^\/api\/v1\/datapoints(\/|$)/.test(path)
}

/**
 * At most `perMinute` requests a minute from each address that is not exempt, counted before anything else is asked of a request: unknown
 * paths and bad tokens count too.
 */
export async function limitRates(app: FastifyInstance, { perMinute, exempt }: RateLimitOptions): Promise<void> {
  await app.register(rateLimit, {
    global: false,
    max: perMinute,
    timeWindow: WINDOW_MS,
    cache: MAX_ADDRESSES,
    enableDraftSpec: true,
    keyGenerator: (request) => clientKey(request.ip),
    allowList: (request) => exempt.has(request.ip) || isUnlimited(request.method, request.url.split('?', 1)[0] ?? ''),
    errorResponseBuilder: (_request, { ttl }) =>
      new AppError('request.rate-limited', {
        detail: 'Too many requests. Please try again later.',
        retryAfterSeconds: Math.max(1, Math.ceil(ttl / 1000)),
      }),
  })
  // A hook of the whole app, not of each route: those of routes come after the guard, which would refuse bad tokens uncounted.
  app.addHook('onRequest', app.rateLimit())
}
