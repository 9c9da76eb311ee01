import websocket from '@fastify/websocket'
import { CLOSE, STREAM_PATH } from '@webmacs/contracts'
import type { Logger, Metrics } from '@webmacs/service-kit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import { type SessionOptions, StreamSession } from './session.ts'
import type { Admission, TokenGate } from './token-gate.ts'

/** The largest message a client may send: 5000 event ids fit with room to spare. */
const MAX_CLIENT_MESSAGE_BYTES = 256 * 1024
/** Time for clients to answer a close before their sockets are cut, milliseconds. */
const CLOSE_GRACE_MS = 1000
/** setTimeout's longest delay; a token that lives longer is looked at again then. */
const MAX_TIMER_MS = 2 ** 31 - 1

export interface StreamOptions extends Omit<SessionOptions, 'socket' | 'onCoalesced'> {
  readonly gate: TokenGate
  readonly maxClients: number
  readonly metrics: Metrics
  readonly log: Logger
}

export interface StreamSessions {
  /** Tells every client at once how the stream stands, ahead of the regular heartbeat. */
  announce(): void
  closeAll(code: number, reason: string): void
}

/** Serves `/ws/datapoints/stream`; any other path is refused during the handshake. */
export async function registerStream(app: FastifyInstance, options: StreamOptions): Promise<StreamSessions> {
  const { gate, maxClients, metrics, log } = options
  const sessions = new Map<StreamSession, Admission>()
  metrics.gauge('fanout_clients', 'Open sockets on the live stream', [], (gauge) => gauge.set(sessions.size))
  const coalesced = metrics.counter('fanout_coalesced_total', 'Updates held back because their client reads too slowly')

  await app.register(websocket, { options: { maxPayload: MAX_CLIENT_MESSAGE_BYTES, perMessageDeflate: false } })
  app.setNotFoundHandler((request, reply) => reply.code(isUpgrade(request) ? 403 : 404).send({ detail: 'Not Found' }))

  gate.onRevoked(() => {
    for (const [session, admission] of sessions) {
      if (gate.isRevoked(admission)) session.close(CLOSE.policy, 'Token has been revoked')
    }
  })

  app.get<{ Querystring: { token?: string } }>(STREAM_PATH, { websocket: true }, async (socket, request) => {
    socket.on('error', (err) => log.info({ event: 'stream.socket-error', err }, 'socket failed'))
    // What a client says before it is let in is answered after: a greeting comes first.
    socket.pause()
    const admission = await gate.admit(request.query.token)
    socket.resume()
    if (socket.readyState !== socket.OPEN) return
    if ('refused' in admission) return refuse(socket, admission.refused, log)
    if (sessions.size >= maxClients) return socket.close(1013, 'Too many clients')
    const session = new StreamSession({ ...options, socket, onCoalesced: (events) => coalesced.inc(events) })
    sessions.set(session, admission)
    const stopExpiry = atExpiry(admission.expiresAtMs, () => session.close(CLOSE.policy, 'Invalid or expired token'))
    socket.on('close', (code) => {
      stopExpiry()
      session.stop()
      sessions.delete(session)
      log.info({ event: 'stream.closed', code, userId: admission.userId, clients: sessions.size }, 'stream client left')
    })
    session.start()
    log.info({ event: 'stream.opened', userId: admission.userId, clients: sessions.size }, 'stream client joined')
  })

  return {
    announce: () => {
      for (const session of sessions.keys()) session.heartbeat()
    },
    closeAll: (code, reason) => {
      for (const session of sessions.keys()) session.close(code, reason)
      // A laptop that sleeps never answers the close; the others have had their time.
      setTimeout(() => {
        for (const socket of app.websocketServer.clients) socket.terminate()
      }, CLOSE_GRACE_MS).unref()
    },
  }
}

function refuse(socket: WebSocket, reason: string, log: Logger): void {
  log.info({ event: 'stream.refused', reason }, 'stream client refused')
  socket.close(CLOSE.policy, reason)
}

function atExpiry(expiresAtMs: number, expire: () => void): () => void {
  let timer: NodeJS.Timeout
  const arm = (): void => {
    const remaining = expiresAtMs - Date.now()
    timer = remaining <= 0 ? setTimeout(expire, 0) : setTimeout(arm, Math.min(remaining, MAX_TIMER_MS))
  }
  arm()
  return () => clearTimeout(timer)
}

const isUpgrade = (request: FastifyRequest): boolean => request.headers.upgrade?.toLowerCase() === 'websocket'
