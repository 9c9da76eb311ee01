import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { CLOSE } from '@webmacs/contracts'
import type { Logger, Metrics } from '@webmacs/service-kit'
import { type WebSocket, WebSocketServer } from 'ws'
import type { AccessWatch } from '../auth/access-watch.ts'
import type { Gate } from '../auth/gate.ts'
import { chooseProtocol, presentedBy } from '../auth/presented.ts'
import { type Arrival, admit, type Connection } from './connection.ts'
import type { Endpoint } from './endpoint.ts'
import { watchPings } from './ping-watch.ts'

export interface SocketServerOptions {
  readonly endpoints: readonly Endpoint[]
  readonly gate: Gate
  readonly watch: AccessWatch
  readonly log: Logger
  readonly metrics: Metrics
  /** Most clients that are let in at a time, and as many that have not said yet who they are. */
  readonly maxClients: number
  readonly pingIntervalMs: number
}

/** Time for clients to answer a close before their connections are cut, milliseconds. */
const CLOSE_GRACE_MS = 1000
/** Time for what clients said before the server went away, milliseconds. */
const FINISH_MS = 2000

/** Serves the sockets, each at its path; any other path is refused during the handshake. */
export class SocketServer {
  readonly #options: SocketServerOptions
  readonly #http: Server
  readonly #served = new Map<string, { readonly endpoint: Endpoint; readonly server: WebSocketServer }>()
  readonly #open = new Set<Connection>()
  /** Gone, while what they said is still being dealt with. They take up room, so that what is kept for them all is bounded. */
  readonly #leaving = new Set<Connection>()
  /** Who presented a token in the address and waits to be let in: older clients may have said something already. */
  readonly #admissions = new Set<Promise<void>>()
  #arriving = 0

  constructor(options: SocketServerOptions) {
    this.#options = options
    for (const endpoint of options.endpoints) {
      // A constant, because the types of ws do not know `closeTimeout` yet.
      const settings = {
        noServer: true,
        maxPayload: endpoint.maxMessageBytes,
        perMessageDeflate: false,
        handleProtocols: chooseProtocol,
        closeTimeout: CLOSE_GRACE_MS,
      }
      const server = new WebSocketServer(settings)
      this.#served.set(endpoint.path, { endpoint, server })
    }
    this.#http = createServer((_request, response) => response.writeHead(404).end())
    this.#http.on('upgrade', (request, wire: Socket, head) => this.#upgrade(request, wire, head))
    options.metrics.gauge('fanout_clients', 'Open sockets', ['socket'], (gauge) => {
      for (const { name } of options.endpoints) gauge.set({ socket: name }, this.#count(name))
    })
  }

  /** @returns the port */
  async listen(host: string, port: number): Promise<number> {
    this.#http.listen({ host, port })
    await once(this.#http, 'listening')
    return (this.#http.address() as AddressInfo).port // listening on TCP
  }

  /** Takes nobody in any more, lets the sessions finish, and takes leave of every client. */
  async close(): Promise<void> {
    const closed = once(this.#http, 'close')
    this.#http.close()
    this.#http.closeAllConnections()
    const deadline = new AbortController()
    await beforeDeadline(this.#finish(deadline.signal), FINISH_MS)
    deadline.abort()
    await Promise.all(this.#sockets().map(takeLeave))
    await closed
  }

  /** Also those who are let in meanwhile, and those who are gone already. */
  async #finish(deadline: AbortSignal): Promise<void> {
    const finished = new Set<Connection>()
    while (!deadline.aborted) {
      const unfinished = [...this.#open, ...this.#leaving].filter((connection) => !finished.has(connection))
      if (unfinished.length === 0 && this.#admissions.size === 0) return
      await Promise.all([...unfinished.map(({ session }) => session.finish(deadline)), ...this.#admissions])
      for (const connection of unfinished) finished.add(connection)
    }
  }

  #upgrade(request: IncomingMessage, wire: Socket, head: Buffer): void {
    wire.on('error', () => wire.destroy()) // a connection that breaks before it is a socket has no other listener
    const served = this.#served.get((request.url ?? '').split('?', 1)[0] ?? '')
    if (served === undefined) {
      refuseHandshake(wire, 403)
      return
    }
    if (this.#arriving >= this.#options.maxClients) {
      refuseHandshake(wire, 503)
      return
    }
    const { endpoint, server } = served
    server.handleUpgrade(request, wire, head, (socket) => {
      const presented = presentedBy(request)
      const admission = this.#take({ socket, wire, presented, endpoint })
      if (presented.kind !== 'token') return
      this.#admissions.add(admission)
      void admission.finally(() => this.#admissions.delete(admission))
    })
  }

  async #take(arrival: Arrival): Promise<void> {
    const { gate, watch, log, maxClients, pingIntervalMs } = this.#options
    const { socket, wire, endpoint } = arrival
    socket.on('error', (err) => {
      log.info({ event: 'socket.failed', socket: endpoint.name, reason: err.message }, 'socket failed')
    })
    watchPings(socket, wire, pingIntervalMs)
    this.#arriving += 1
    const hasRoom = (): boolean => this.#open.size + this.#leaving.size < maxClients
    try {
      await admit(arrival, { gate, watch, log, hasRoom, onAdmitted: (connection) => this.#follow(connection) })
    } catch (err) {
      log.error({ event: 'socket.admission-failed', socket: endpoint.name, err }, 'client could not be admitted')
      socket.close(CLOSE.failed, 'Internal error')
    } finally {
      this.#arriving -= 1
    }
  }

  #follow(connection: Connection): void {
    const { log } = this.#options
    const { endpoint, session, socket } = connection
    this.#open.add(connection)
    log.info({ event: 'socket.opened', socket: endpoint.name, clients: this.#open.size }, 'client joined')
    socket.on('close', (code) => {
      this.#open.delete(connection)
      this.#leaving.add(connection)
      void session.stop().finally(() => this.#leaving.delete(connection))
      log.info({ event: 'socket.closed', socket: endpoint.name, code, clients: this.#open.size }, 'client left')
    })
  }

  #count(name: string): number {
    return [...this.#open].filter(({ endpoint }) => endpoint.name === name).length
  }

  #sockets(): WebSocket[] {
    return [...this.#served.values()].flatMap(({ server }) => [...server.clients])
  }
}

function refuseHandshake(wire: Socket, status: 403 | 503): void {
  wire.once('finish', () => wire.destroy()) // a client that keeps its half open would keep us from ending
  wire.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}

/** Resolves when the client has answered the close; a laptop that sleeps never does, and is cut. */
function takeLeave(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState === socket.CLOSED) return resolve()
    const deadline = setTimeout(() => socket.terminate(), CLOSE_GRACE_MS)
    socket.on('close', () => {
      clearTimeout(deadline)
      resolve()
    })
    socket.resume()
    socket.close(CLOSE.goingAway, 'Server is going away')
  })
}

async function beforeDeadline(work: Promise<unknown>, deadlineMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, deadlineMs)
  })
  await Promise.race([work, deadline])
  clearTimeout(timer)
}
