import type { AddressInfo } from 'node:net'
import { createTokenKey } from '@webmacs/auth'
import { connectBus, registerService } from '@webmacs/bus'
import { ACCESS, API_BASE } from '@webmacs/contracts'
import { openDatabase } from '@webmacs/database'
import { loadSession, loadTokenOwner } from '@webmacs/http-kit/principals'
import { createHttpServer } from '@webmacs/http-kit/server'
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
import { apiRoutes } from './api-routes.ts'
import { docsForAdmins } from './auth/docs-readers.ts'
import { LoginThrottle } from './auth/login-throttle.ts'
import { Revocations } from './auth/revocations.ts'
import { startBackground } from './background.ts'
import { Broker } from './broker.ts'
import { Changes } from './changes/changes.ts'
import { CommandDispatcher } from './commands/dispatcher.ts'
import { type Config, docsReaders, Environment } from './config.ts'
import { LastValues } from './datapoints/last-values.ts'
import { describeApi } from './openapi/describe-api.ts'
import { docsPage } from './openapi/docs-page.ts'
import { ControllerStates } from './plugins/controller-states.ts'
import { healthRoutes } from './system/health-routes.ts'
import { CommitWatch } from './telemetry/commit-watch.ts'
import { HistorianLag } from './telemetry/historian-lag.ts'
import { IdempotencyKeys } from './telemetry/idempotency-keys.ts'
import { TelemetryIntake } from './telemetry/intake.ts'
import { lazySource } from './telemetry/own-source.ts'
import { readCycleEvents } from './valve-cycle/desired-cycles.ts'

/** Well below the deadline of a request, so that a slow statement is told from a lost server. */
const STATEMENT_TIMEOUT_MS = 10_000

/** Configuration, history and authentication over HTTP. Answers from the first moment on: 503 until database and broker are there. */
export async function startApi(config: Config, { log, signal }: ServiceContext): Promise<RunningService> {
  log.info({ event: 'service.config', config: redactConfig(Environment, config) }, 'configuration')
  await using stack = new AsyncDisposableStack()
  const metrics = createMetrics('api')

  const statements = metrics.counter('database_statements_total', 'Statements that the database was asked to do')
  const database = openDatabase({
    url: config.DATABASE_URL,
    maxConnections: config.DATABASE_CONNECTIONS,
    applicationName: 'webmacs-api',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    onStatement: () => statements.inc(),
    onConnectionLost: (err) => log.warn({ event: 'database.connection-lost', err }, 'connection to the database lost'),
  })
  stack.defer(() => database.close())
  const { db } = database
  const broker = new Broker()
  stack.defer(() => broker.close())

  let isStarted = false
  const checks = new HealthChecks()
  checks.add('database', async () => void (await sql`SELECT 1`.execute(db)))
  checks.add('broker', () => void broker.bus)
  checks.add('start', () => {
    if (!isStarted) throw new Error('still starting')
  })
  const ops = await startOpsServer({ host: config.OPS_HOST, port: config.OPS_PORT, metrics, health: checks })
  stack.defer(() => ops.close())

  const key = createTokenKey(config.SECRET_KEY)
  const changes = new Changes(db)
  const tokenLifetimeMinutes = config.ACCESS_TOKEN_EXPIRE_MINUTES
  const revocations = new Revocations({ db, broker, log, tokenLifetimeMinutes })
  const throttle = new LoginThrottle()
  const lastValues = new LastValues()
  changes.onChange((change) => lastValues.noteChange(change))
  const states = new ControllerStates(lastValues)
  const telemetry = {
    source: lazySource(db),
    keys: new IdempotencyKeys(db),
    lag: new HistorianLag(log),
    commits: new CommitWatch(),
  }
  const retentionDays = config.RETENTION_DAYS
  const commands = new CommandDispatcher({ db, broker, log })
  const initialValve = config.WEBMACS_RULE_EVENT_ID
  const cycleEvents = () => readCycleEvents(db, initialValve)
  const intake = new TelemetryIntake({
    ...telemetry,
    ...{ db, broker, lastValues, commands, metrics, retentionDays, cycleEvents },
  })
  const http = await createHttpServer({
    describe: describeApi,
    log,
    metrics,
    corsOrigins: config.CORS_ORIGINS,
    rateLimit: { perMinute: config.RATE_LIMIT_PER_MINUTE, exempt: new AddressList(config.RATE_LIMIT_EXEMPT) },
    trustedProxies: new AddressList(config.TRUSTED_PROXIES),
    authentication: {
      key,
      access: ACCESS,
      loadSession: (claims) => loadSession(db, claims),
      loadTokenOwner: (tokenHash) => loadTokenOwner(db, tokenHash, log),
      ...(docsReaders(config) === 'admin' && { restricted: docsForAdmins({ db, throttle }) }),
    },
  })
  await http.register(healthRoutes({ checks, newestReading: () => lastValues.newest }))
  const access = { key, tokenLifetimeMinutes, throttle, revocations }
  const parts = { ...access, db, changes, broker, lastValues, intake, states, commands, initialValve }
  await http.register(apiRoutes(parts), { prefix: API_BASE })
  await http.register(docsPage())
  await http.listen({ host: config.HOST, port: config.PORT })
  stack.defer(() => http.close())

  const bus = await connectBus({ url: config.NATS_URL, prefix: config.WEBMACS_BUS_PREFIX, name: 'api', log, signal })
  broker.attach(bus)
  await registerService(bus, { name: 'api', version: SERVICE_VERSION, description: 'REST, authentication, OpenAPI' })
  const background = {
    config,
    db,
    bus,
    broker,
    changes,
    lastValues,
    revocations,
    states,
    intake,
    telemetry,
    log,
    signal,
  }
  stack.use(await startBackground(background))
  isStarted = true

  const owned = stack.move()
  return {
    ports: { http: (http.server.address() as AddressInfo).port, ops: ops.port }, // listening on TCP
    stop: () => owned.disposeAsync(),
  }
}
