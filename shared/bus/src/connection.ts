import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node'
import { type BusNames, busNames } from '@webmacs/contracts'
import { pause, untilConnected } from './waiting.ts'

/** `connecting`: there was no connection yet. */
export type BusStatus = 'connecting' | 'connected' | 'disconnected'

/** The few members of a pino logger that this package needs. */
export interface BusLog {
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

export interface BusOptions {
  /** `nats://user:password@host:port`; several servers separated by commas. Credentials of the first one count for all. */
  readonly url: string
  /** First token of every subject; `webmacs` when left out. */
  readonly prefix?: string
  /** Service name: shown by the broker, and the first token of its reply inbox (`_INBOX_<name>.>`). */
  readonly name: string
  readonly log: BusLog
  /** Ends the waiting for the first connection. */
  readonly signal?: AbortSignal
}

/** There was no connection yet, so nothing can be said. */
export class NotConnectedError extends Error {
  constructor() {
    super('the broker was not reached yet')
    this.name = 'NotConnectedError'
  }
}

interface Clients {
  readonly nc: NatsConnection
  readonly js: JetStreamClient
  readonly jsm: JetStreamManager
}

/** A connection to the broker that comes back by itself, for ever. `nc`, `js` and `jsm` throw NotConnectedError before the first one. */
export interface Bus extends Clients {
  readonly names: BusNames
  readonly log: BusLog
  status(): BusStatus
  /** Calls the listener at each change; returns what takes it away again. */
  onStatus(listener: (status: BusStatus) => void): () => void
  /** Sends what is buffered, then closes. Safe to call twice. */
  close(): Promise<void>
}

const FIRST_RETRY_MS = 250
const MAX_RETRY_MS = 5000
/** Half a minute of silence would hide a dead link for too long where values must not look live. */
const PING_INTERVAL_MS = 5000

/** Connects; waits for the first connection as long as it takes, or until `signal` fires. */
export async function connectBus(options: BusOptions): Promise<Bus> {
  const bus = openBus(options)
  try {
    await untilConnected(bus, options.signal)
    return bus
  } catch (err) {
    await bus.close()
    throw err
  }
}

/** Connects in the background, for those who have something to do without a broker as well. */
export function openBus(options: BusOptions): Bus {
  const { log } = options
  const listeners = new Set<(status: BusStatus) => void>()
  const closing = new AbortController()
  let status: BusStatus = 'connecting'
  let clients: Clients | undefined
  const become = (next: BusStatus): void => {
    if (next === status) return
    status = next
    const facts = { event: `bus.${next}`, server: clients?.nc.getServer() }
    if (next === 'connected') log.info(facts, 'bus connected')
    else if (!closing.signal.aborted) log.warn(facts, 'bus disconnected')
    for (const listener of [...listeners]) listener(next)
  }
  const run = async (connection: NodeConnectionOptions): Promise<void> => {
    const signal = AbortSignal.any([closing.signal, ...(options.signal ? [options.signal] : [])])
    clients = await firstConnection(connection, log, signal)
    if (signal.aborted) await clients?.nc.close()
    if (clients === undefined || signal.aborted) return
    const following = followStatus(clients.nc, become, log)
    become('connected')
    await following
  }
  const running = run(connectionOptions(options))
  const reached = (): Clients => {
    if (clients === undefined) throw new NotConnectedError()
    return clients
  }
  return {
    names: busNames(options.prefix),
    get nc() {
      return reached().nc
    },
    get js() {
      return reached().js
    },
    get jsm() {
      return reached().jsm
    },
    log,
    status: () => status,
    onStatus: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close: async () => {
      if (closing.signal.aborted) return running
      closing.abort()
      // Draining waits for the server; without one there is nobody to wait for.
      // Lost while draining, there is nobody to wait for either.
      if (clients !== undefined) {
        const { nc } = clients
        await (status === 'connected' ? nc.drain().catch(() => nc.close()) : nc.close())
      }
      await running
    },
  }
}

/** @returns undefined when the signal fires before */
async function firstConnection(
  connection: NodeConnectionOptions,
  log: BusLog,
  signal: AbortSignal,
): Promise<Clients | undefined> {
  for (let retryMs = FIRST_RETRY_MS; !signal.aborted; retryMs = Math.min(retryMs * 2, MAX_RETRY_MS)) {
    try {
      const nc = await connect(connection)
      return { nc, js: jetstream(nc), jsm: await jetstreamManager(nc, { checkAPI: false }) }
    } catch (err) {
      if (signal.aborted) return undefined
      log.warn({ event: 'bus.connect-failed', retryMs, err }, 'broker cannot be reached, trying again')
      await pause(retryMs, signal)
    }
  }
  return undefined
}

function connectionOptions({ url, name }: BusOptions): NodeConnectionOptions {
  const servers = url.split(',').map((part) => new URL(part.trim()))
  const first = servers[0]
  const wrong = servers.find(({ protocol }) => protocol !== 'nats:' && protocol !== 'tls:')
  if (wrong !== undefined) throw new RangeError(`NATS_URL must begin with nats:// or tls://, not ${wrong.protocol}//`)
  if (first === undefined) throw new RangeError('NATS_URL names no server')
  return {
    servers: servers.map((server) => server.host),
    name,
    inboxPrefix: `_INBOX_${name}`,
    maxReconnectAttempts: -1,
    reconnectDelayHandler: reconnectDelay(),
    ignoreAuthErrorAbort: true,
    pingInterval: PING_INTERVAL_MS,
    maxPingOut: 2,
    timeout: 5000,
    ...(first.protocol === 'tls:' && { tls: {} }),
    ...(first.username && { user: decodeURIComponent(first.username), pass: decodeURIComponent(first.password) }),
  }
}

/** Between a quarter of a second and two: soon enough to lose little, spread so that services do not all come at once. */
function reconnectDelay(): () => number {
  return () => 250 + Math.random() * 1750
}

async function followStatus(nc: NatsConnection, become: (status: BusStatus) => void, log: BusLog): Promise<void> {
  for await (const status of nc.status()) {
    switch (status.type) {
      case 'disconnect':
      case 'staleConnection':
        become('disconnected')
        break
      case 'reconnect':
        become('connected')
        break
      case 'error':
        log.error({ event: 'bus.server-error', err: status.error }, 'broker reported an error')
        break
      case 'slowConsumer':
        log.warn({ event: 'bus.slow-consumer', pending: status.pending }, 'subscription is slower than the broker')
        break
      default:
        break
    }
  }
  become('disconnected')
}
