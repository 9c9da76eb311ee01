import type { Metrics } from '@webmacs/service-kit'
import type { FastifyInstance } from 'fastify'

const DURATION_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

/**
 * One line and one observation per request. Changes are logged at `info`, reads at `debug` (a polling client would fill the log); what was
 * refused or failed has been logged by the error handler.
 */
export function observeRequests(app: FastifyInstance, metrics: Metrics): void {
  const durations = metrics.histogram(
    'http_request_duration_seconds',
    'Time from the arrival of a request to the end of its answer',
    DURATION_BUCKETS_S,
    ['method', 'route', 'status'],
  )
  app.addHook('onResponse', async (request, reply) => {
    const { method } = request
    const route = request.routeOptions.url ?? 'unknown'
    const status = reply.statusCode
    durations.observe({ method, route, status: String(status) }, reply.elapsedTime / 1000)
    if (status >= 400) return
    const facts = { event: 'http.answered', method, route, status, durationMs: Math.round(reply.elapsedTime) }
    if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') request.log.debug(facts, 'request answered')
    else request.log.info(facts, 'request answered')
  })
}
