import type { AddressInfo } from 'node:net'
import { createTokenKey } from '@webmacs/auth'
import { connectBus, registerService } from '@webmacs/bus'
import { ACCESS, API_BASE } from '@webmacs/contracts'
import { openDatabase } from '@webmacs/database'
import { loadSession, loadTokenOwner } from '@webmacs/http-kit/principals'
import { createHttpServer, type HttpServer } from '@webmacs/http-kit/server'
import {
  AddressList,
  createMetrics,
  HealthChecks,
  type RunningService,
  redactConfig,
  SERVICE_VERSION,
  type ServiceContext,
  startOpsServer,
} from '@webmacs/service-kit'
import { sql } from 'kysely'
import { Environment, type ExportConfig } from './config.ts'
import { ExportMetrics } from './export-metrics.ts'
import { startKeptExports } from './exports/start-kept-exports.ts'
import { OpenExports } from './open-exports.ts'
import { exportRoutes } from './routes/routes.ts'

/** For statements that answer a request; what makes rows has no limit but its reader's patience. */
const STATEMENT_TIMEOUT_MS = 10_000
/** Time for answers under way when the service stops. */
const DRAIN_MS = 2000

/** Exports of measured data over HTTP, apart from the api: a long one takes nothing from those who control the plant. */
export async function startExport(config: ExportConfig, { log, signal }: ServiceContext): Promise<RunningService> {
  log.info({ event: 'service.config', config: redactConfig(Environment, config) }, 'configuration')
  await using stack = new AsyncDisposableStack()
  const bus = await connectBus({ url: config.NATS_URL, prefix: config.WEBMACS_BUS_PREFIX, name: 'export', log, signal })
  stack.defer(() => bus.close())
  const onConnectionLost = (err: Error): void =>
    log.warn({ event: 'database.connection-lost', err }, 'connection to the database lost')
  const database = openDatabase({
    url: config.DATABASE_URL,
    maxConnections: config.DATABASE_CONNECTIONS,
    applicationName: 'webmacs-export',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    onConnectionLost,
  })
  stack.defer(() => database.close())
  const snapshots = openDatabase({
    url: config.DATABASE_URL,
    maxConnections: config.EXPORT_MAX_OPEN,
    applicationName: 'webmacs-export-rows',
    onConnectionLost,
  })
  stack.defer(() => snapshots.close())

  const metrics = createMetrics('export')
  const health = new HealthChecks()
  health.add('database', async () => void (await sql`SELECT 1`.execute(database.db)))
  health.add('broker', () => {
    if (bus.status() !== 'connected') throw new Error('broker cannot be reached')
  })
  const ops = await startOpsServer({ host: config.OPS_HOST, port: config.OPS_PORT, metrics, health })
  stack.defer(() => ops.close())

  const exportMetrics = new ExportMetrics(metrics)
  const exports = new OpenExports({ database: snapshots, metrics: exportMetrics, maxOpen: config.EXPORT_MAX_OPEN })
  const http = await createHttpServer({
    log,
    metrics,
    corsOrigins: config.CORS_ORIGINS,
    rateLimit: { perMinute: config.RATE_LIMIT_PER_MINUTE, exempt: new AddressList(config.RATE_LIMIT_EXEMPT) },
    trustedProxies: new AddressList(config.TRUSTED_PROXIES),
    authentication: {
      key: createTokenKey(config.SECRET_KEY),
      access: ACCESS,
      loadSession: (claims) => loadSession(database.db, claims),
      loadTokenOwner: (tokenHash) => loadTokenOwner(database.db, tokenHash, log),
    },
    handlerDeadlineMs: 0,
  })
  const delivery = { exports, metrics: exportMetrics, idleMs: config.EXPORT_IDLE_SECONDS * 1000 }
  await http.register(exportRoutes(delivery), { prefix: API_BASE })
  const kept = await startKeptExports({ config, http, bus, database, delivery, log })
  // Downloads end at once, however slowly their clients read, and what they held is given back while requests run out.
  stack.defer(async () => {
    exports.stop()
    await Promise.all([kept[Symbol.asyncDispose](), closeHttp(http)])
  })
  await http.listen({ host: config.HOST, port: config.PORT })
  await registerService(bus, { name: 'export', version: SERVICE_VERSION, description: 'Exports of measured data' })

  const owned = stack.move()
  return {
    ports: { http: (http.server.address() as AddressInfo).port, ops: ops.port }, // listening on TCP
    stop: () => owned.disposeAsync(),
  }
}

/** Refuses new requests at once, and cuts who has not taken the answer to an old one by then. */
async function closeHttp(http: HttpServer): Promise<void> {
  const drained = setTimeout(() => http.server.closeAllConnections(), DRAIN_MS)
  try {
    await http.close()
  } finally {
    clearTimeout(drained)
  }
}
