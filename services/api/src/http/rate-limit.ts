import rateLimit from '@fastify/rate-limit'
import { AppError } from '@webmacs/contracts'
import type { FastifyInstance } from 'fastify'
import { isPrivateAddress } from './client-address.ts'

const WINDOW_MS = 60_000
/** Addresses remembered at once; the one that was quiet longest is forgotten first. */
const MAX_ADDRESSES = 10_000

/** Not counted: what health checks ask, and the datapoints that devices send and dashboards poll. */
export function isUnlimited(method: string, path: string): boolean {
  if (path === '/health' || path === '/api/v1/health') return true
  return (method === 'GET' || method === 'POST') && /^\/api\/v1\/datapoints(\/|$)/.test(path)
}

/** At most `perMinute` requests a minute from each public address; loopback and private addresses are not limited. */
export async function limitRates(app: FastifyInstance, perMinute: number): Promise<void> {
  await app.register(rateLimit, {
    max: perMinute,
    timeWindow: WINDOW_MS,
    cache: MAX_ADDRESSES,
    enableDraftSpec: true,
    allowList: (request) =>
      isPrivateAddress(request.ip) || isUnlimited(request.method, request.url.split('?', 1)[0] ?? ''),
    errorResponseBuilder: (_request, { ttl }) =>
      new AppError('request.rate-limited', {
        detail: 'Too many requests. Please try again later.',
        retryAfterSeconds: Math.max(1, Math.ceil(ttl / 1000)),
      }),
  })
}
