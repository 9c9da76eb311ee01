import { createTokenKey } from '@webmacs/auth'
import { STREAM_PATH, type StreamMessage, TELEMETRY_PATH, type TelemetryAnswer } from '@webmacs/contracts'
import { createLogger } from '@webmacs/service-kit'
import { createTestBus, startTcpProxy, type TcpProxy, type TestBus, until } from '@webmacs/testing'
import { type ClientOptions, WebSocket } from 'ws'
import { startFanout } from '../app.ts'
import { loadFanoutConfig } from '../config.ts'
import { ApiStandIn } from './api-stand-in.ts'

const SECRET = 'a secret of the tests, long enough to be one'

/** A real client, and what it was told. */
export interface TestClient<Message> {
  readonly socket: WebSocket
  readonly messages: Message[]
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  say(message: unknown): void
  next(type: string): Promise<Message>
}

export interface ConnectOptions extends ClientOptions {
  readonly protocols?: string[]
}

/** The service on a real broker, behind a proxy that can cut it off. */
export interface FanoutSite extends AsyncDisposable {
  readonly bus: TestBus
  readonly proxy: TcpProxy
  readonly api: ApiStandIn
  readonly port: number
  readonly opsPort: number
  /** Log lines written so far, as text. */
  readonly logged: string[]
  /** @param query with the question mark */
  stream(query: string, options?: ConnectOptions): TestClient<StreamMessage>
  telemetry(query: string, options?: ConnectOptions): TestClient<TelemetryAnswer>
  /** Breaks off every client's connection. */
  cutClients(): void
  /** Ends the service; its clients stay to see how. */
  stop(): Promise<void>
}

export async function startFanoutSite(env: NodeJS.ProcessEnv = {}): Promise<FanoutSite> {
  await using stack = new AsyncDisposableStack()
  const bus = stack.use(await createTestBus())
  const proxy = stack.use(await startTcpProxy(bus.url))
  const api = new ApiStandIn(bus, createTokenKey(SECRET))
  const logged: string[] = []
  const log = createLogger({ service: 'fanout', level: 'debug' }, { write: (line) => void logged.push(line) })
  const config = loadFanoutConfig({
    NATS_URL: proxy.url,
    WEBMACS_BUS_PREFIX: bus.prefix,
    SECRET_KEY: SECRET,
    PORT: '0',
    OPS_PORT: '0',
    ...env,
  })
  const fanout = await startFanout(config, { log, signal: new AbortController().signal })
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopped ??= fanout.stop()
    return stopped
  }
  stack.defer(stop)
  const sockets = new Set<WebSocket>()
  const cutClients = (): void => {
    for (const socket of sockets) socket.terminate()
    sockets.clear()
  }
  stack.defer(cutClients)
  const port = fanout.ports.http ?? 0
  const connect = <Message>(path: string, { protocols, ...options }: ConnectOptions = {}): TestClient<Message> => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, options)
    sockets.add(socket)
    return follow<Message>(socket)
  }
  const owned = stack.move()
  return {
    bus,
    proxy,
    api,
    port,
    opsPort: fanout.ports.ops ?? 0,
    logged,
    stream: (query, options) => connect(`${STREAM_PATH}${query}`, options),
    telemetry: (query, options) => connect(`${TELEMETRY_PATH}${query}`, options),
    cutClients,
    stop,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function follow<Message>(socket: WebSocket): TestClient<Message> {
  const messages: Message[] = []
  socket.on('message', (data) => messages.push(JSON.parse(String(data))))
  socket.on('error', () => undefined) // a refused handshake is what some tests are about
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }))
  })
  const isOfType = (type: string) => (message: Message) => (message as { type?: unknown }).type === type // every message of both sockets has one
  return {
    socket,
    messages,
    closed,
    say: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    next: (type) => until(`a message of type ${type}`, () => messages.find(isOfType(type))),
  }
}

/** A client on the live stream whose greeting has come. */
export async function aViewer(site: FanoutSite): Promise<TestClient<StreamMessage>> {
  const client = site.stream(`?token=${(await site.api.session('viewer')).token}`)
  await client.next('connected')
  return client
}

/** A controller that is let in. */
export async function aController(
  site: FanoutSite,
  options: ConnectOptions = {},
): Promise<TestClient<TelemetryAnswer>> {
  const client = site.telemetry(`?token=${site.api.apiToken('operator').token}`, options)
  await new Promise((resolve) => client.socket.on('open', resolve))
  client.say({ type: 'ping' })
  await client.next('pong')
  client.messages.length = 0
  return client
}
