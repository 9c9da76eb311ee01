import type { Health } from '@webmacs/contracts'
import { type CredentialOptions, createCredentials } from './credentials.ts'
import { createHttp, type RequestOptions } from './http.ts'
import { followLive, type LiveBatch, type LiveOptions } from './live.ts'
import { type AuditClient, auditClient } from './resources/audit.ts'
import { type AuthClient, authClient } from './resources/auth.ts'
import { type CommandsClient, commandsClient } from './resources/commands.ts'
import { type DashboardsClient, dashboardsClient } from './resources/dashboards.ts'
import { type DatapointsClient, datapointsClient } from './resources/datapoints.ts'
import { type EventsClient, eventsClient } from './resources/events.ts'
import { type ExperimentsClient, experimentsClient } from './resources/experiments.ts'
import { type ExportsClient, exportsClient } from './resources/exports.ts'
import { type HistorianClient, historianClient } from './resources/historian.ts'
import { type LoggingClient, loggingClient } from './resources/logging.ts'
import { type PluginsClient, pluginsClient } from './resources/plugins.ts'
import { type ReadSeries, seriesReader } from './resources/series.ts'
import { type TokensClient, tokensClient, type UsersClient, usersClient } from './resources/users.ts'
import { type ValveCycleClient, valveCycleClient } from './resources/valve-cycle.ts'
import { DEFAULT_RETRY, type RetryPolicy } from './retry.ts'
import { type OpenSocket, platformSocket, socketUrlOf } from './socket.ts'
import { createTelemetrySender, type TelemetryLimits, type TelemetrySender } from './telemetry.ts'
import { systemTimers, type Timers } from './timers.ts'

export interface ClientOptions extends CredentialOptions {
  /** Where the gateway listens, without a slash at the end; empty in a browser page that came from there. */
  readonly baseUrl: string
  /** What differs from three attempts, 300 ms apart and doubling to 3 s; a server that asks for up to 10 s is waited for. */
  readonly retry?: Partial<RetryPolicy>
  /** A server that says nothing for this long is taken as away, ms (15 000). */
  readonly timeoutMs?: number
  readonly fetch?: typeof globalThis.fetch
  /** Needed in Node.js 20, which has no WebSocket of its own: `(url, protocols) => new WebSocket(url, protocols)` of the package ws. */
  readonly openSocket?: OpenSocket
  readonly timers?: Timers
  readonly random?: () => number
}

/** The whole API with types. Every method throws `ClientError`, or the signal's reason when it is aborted. */
export interface Client {
  readonly auth: AuthClient
  readonly users: UsersClient
  readonly tokens: TokensClient
  readonly events: EventsClient
  readonly experiments: ExperimentsClient
  readonly datapoints: DatapointsClient
  readonly historian: HistorianClient
  readonly exports: ExportsClient
  readonly logging: LoggingClient
  readonly dashboards: DashboardsClient
  readonly plugins: PluginsClient
  readonly commands: CommandsClient
  readonly valveCycle: ValveCycleClient
  readonly audit: AuditClient
  /** The past of up to a hundred events as columns. */
  readonly series: ReadSeries
  health(options?: RequestOptions): Promise<Health>
  /** Live readings as they arrive, for `for await`. Reconnects by itself; ends with the signal, or with the loop. */
  live(options?: LiveOptions): AsyncIterable<LiveBatch>
  /** A connection for sending readings steadily. */
  telemetry(limits?: TelemetryLimits): TelemetrySender
}

export function createClient(options: ClientOptions): Client {
  const { baseUrl, timeoutMs = 15_000, timers = systemTimers, random = Math.random } = options
  const credentials = createCredentials(options)
  const http = createHttp({
    baseUrl,
    credentials,
    retry: { ...DEFAULT_RETRY, ...options.retry },
    timeoutMs,
    fetch: options.fetch ?? ((...args) => globalThis.fetch(...args)),
    timers,
    random,
  })
  const socketOptions = () => ({
    url: socketUrlOf(baseUrl),
    getToken: credentials.token,
    onUnauthorized: credentials.renew,
    openSocket: options.openSocket ?? platformSocket(),
    timers,
    random,
  })
  return {
    auth: authClient(http),
    users: usersClient(http),
    tokens: tokensClient(http),
    events: eventsClient(http),
    experiments: experimentsClient(http),
    datapoints: datapointsClient(http),
    historian: historianClient(http),
    exports: exportsClient(http, baseUrl),
    logging: loggingClient(http),
    dashboards: dashboardsClient(http),
    plugins: pluginsClient(http),
    commands: commandsClient(http),
    valveCycle: valveCycleClient(http),
    audit: auditClient(http),
    series: seriesReader(http),
    health: (request) => http.send('/health', { session: 'anonymous', ...request }),
    live: (live) => followLive({ ...socketOptions(), ...live }),
    telemetry: (limits) => createTelemetrySender({ ...socketOptions(), ...limits }),
  }
}
