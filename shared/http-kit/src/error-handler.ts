import { AppError, ERRORS } from '@webmacs/contracts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { asAppError } from './failures.ts'
import { PROBLEM_TYPE, problemOf } from './problem.ts'
import type { RouteMethods } from './route-methods.ts'

const RETRY_AFTER_SECONDS = 5

/** Every error of the app becomes problem details here, and is logged here, once. */
export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((err, request, reply) => answerError(err, request, reply))
}

export function answerError(err: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = asAppError(err)
  logError(err, error, request)
  const { status, retryable } = ERRORS[error.code]
  if (status === 401) challenge(error, request, reply)
  // Closed on a client that is still sending, a connection takes the answer with it; Node.js reads what is left and throws it away.
  if (status === 413) reply.removeHeader('connection')
  if (retryable) reply.header('retry-after', error.retryAfterSeconds ?? RETRY_AFTER_SECONDS)
  return reply.code(status).type(PROBLEM_TYPE).send(problemOf(error, request))
}

/** How to come back with something better: a browser asks for email and password on pages of ours, a form has asked already. */
function challenge({ code }: AppError, request: FastifyRequest, reply: FastifyReply): void {
  if (request.routeOptions.config.access?.configurable) {
    reply.header('www-authenticate', 'Basic realm="WebMACS API", charset="UTF-8"')
  } else if (code !== 'auth.bad-credentials') reply.header('www-authenticate', 'Bearer')
}

/** 404 for a path that nothing answers, 405 with `Allow` for one that other methods do. */
export function answerUnknownRoutes(app: FastifyInstance, methods: RouteMethods): void {
  app.setNotFoundHandler((request, reply) => {
    const allowed = methods.allowed(request.url.split('?', 1)[0] ?? '')
    if (allowed.length === 0) throw new AppError('route.unknown', { detail: 'Not Found' })
    reply.header('allow', allowed.join(', '))
    throw new AppError('route.method', { detail: `Method Not Allowed; this path answers ${allowed.join(', ')}.` })
  })
}

/** The caller's fault is worth a line, a dependency that is away a warning, our own fault an alert. */
function logError(err: unknown, error: AppError, request: FastifyRequest): void {
  const facts = {
    method: request.method,
    route: request.routeOptions.url ?? 'unknown',
    status: error.status,
    code: error.code,
  }
  if (error.status < 500)
    request.log.info({ event: 'http.refused', ...facts, detail: error.message }, 'request refused')
  else if (error.status === 503 || error.status === 504)
    request.log.warn({ event: 'http.unavailable', ...facts, err }, 'request cannot be served now')
  else request.log.error({ event: 'http.failed', ...facts, err }, 'request failed')
}
