import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import { type AuthenticationOptions, guardRoutes } from '@webmacs/auth/fastify'
import type { AddressList, Logger, Metrics } from '@webmacs/service-kit'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyServerOptions,
  LogController,
} from 'fastify'
import { parseJsonBodies } from './body-parsing.ts'
import { answerBrokenRequest } from './broken-request.ts'
import { drainConnections } from './drain.ts'
import { answerError, answerErrors, answerUnknownRoutes } from './error-handler.ts'
import { limitRates, type RateLimitOptions } from './rate-limit.ts'
import { REQUEST_ID_HEADER, requestIdOf } from './request-id.ts'
import { observeRequests } from './request-log.ts'
import { RouteMethods } from './route-methods.ts'
import { createSchemaCompiler } from './schema-validation.ts'

export interface HttpServerOptions {
  readonly log: Logger
  readonly metrics: Metrics
  readonly corsOrigins: readonly string[]
  readonly rateLimit: RateLimitOptions
  /** Whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: AddressList
  readonly authentication: AuthenticationOptions
  /** Told of the server before its routes are registered, to describe them. */
  readonly describe?: (app: HttpServer) => Promise<void>
  /** For a handler to answer, ms; 0: as long as it takes. */
  readonly handlerDeadlineMs?: number
}

/** Routes of this server, typed by their schemas. */
export type HttpServer = FastifyInstance

const BODY_LIMIT_BYTES = 256 * 1024
/** For a client to send its whole request. */
const REQUEST_DEADLINE_MS = 30_000
/** For a handler to answer; the database gives up sooner. */
const HANDLER_DEADLINE_MS = 20_000
const LONGEST_ID = 100

/** The server with all that its routes have in common, listening to nothing yet. Register routes, then `listen` or `inject`. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const app = newServer(options)
  // An expectation that nobody knows is passed over, as HTTP allows; Node itself would answer 417 without a word.
  app.server.on('checkExpectation', (request, response) => app.routing(request, response))
  // Asked once, a socket remembers the address of its peer, also for a request whose peer has left meanwhile.
  app.server.on('connection', (socket) => void socket.remoteAddress)
  const methods = new RouteMethods()
  answerErrors(app)
  parseJsonBodies(app)
  observeRequests(app, options.metrics)
  drainConnections(app)
  app.addHook('onRequest', async (request, reply) => {
    reply.header(REQUEST_ID_HEADER, request.id).header('cache-control', 'no-store')
  })
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    // Whether the site has TLS is for whoever terminates it to say.
    strictTransportSecurity: false,
  })
  await app.register(cors, {
    origin: [...options.corsOrigins],
    credentials: true,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
    exposedHeaders: [
      'X-Request-ID',
      'ETag',
      'Content-Disposition',
      'X-Expected-Rows',
      'Retry-After',
      'Idempotent-Replayed',
      'RateLimit-Limit',
      'RateLimit-Remaining',
      'RateLimit-Reset',
    ],
    maxAge: 600,
    strictPreflight: false,
  })
  await limitRates(app, options.rateLimit)
  guardRoutes(app, options.authentication)
  app.addHook('onRoute', (route) => methods.add(route.url, route.method))
  answerUnknownRoutes(app, methods)
  await options.describe?.(app)
  return app
}

type Compilers = NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>

const ourCompilers = {
  buildValidator: () => createSchemaCompiler(),
  buildSerializer: () => () => (body: unknown) => JSON.stringify(body),
} as unknown as Compilers // the framework's type allows only for its own validator

function newServer({
  log,
  trustedProxies,
  handlerDeadlineMs = HANDLER_DEADLINE_MS,
}: HttpServerOptions): FastifyInstance {
  const logger: FastifyBaseLogger = log
  return Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'traceId' }),
    genReqId: requestIdOf,
    // From the connection's peer on, backwards through X-Forwarded-For: the first that is no trusted proxy is the client.
    trustProxy: (address) => trustedProxies.has(address),
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_DEADLINE_MS,
    handlerTimeout: handlerDeadlineMs,
    return503OnClosing: true,
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: LONGEST_ID },
    frameworkErrors: (err, request, reply) => void answerError(err, request, reply),
    clientErrorHandler: answerBrokenRequest,
    // The framework's own compilers would cost memory for schemas that our mappers fulfil already.
    schemaController: { compilersFactory: ourCompilers },
  })
}
