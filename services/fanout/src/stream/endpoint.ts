import { STREAM_PATH } from '@webmacs/contracts'
import type { Metrics } from '@webmacs/service-kit'
import type { Endpoint } from '../sockets/endpoint.ts'
import { type SessionOptions, StreamSession } from './session.ts'

/** 5000 event ids fit with room to spare. */
const MAX_MESSAGE_BYTES = 256 * 1024

export type StreamOptions = Omit<SessionOptions, 'socket' | 'onCoalesced'> & { readonly metrics: Metrics }

export interface StreamEndpoint extends Endpoint {
  /** Tells every client at once how the stream stands, ahead of the regular heartbeat. */
  announce(): void
}

/** The live stream, for whoever may look. It goes on without api: nobody is kept from seeing the plant because the database is away. */
export function streamEndpoint({ metrics, ...options }: StreamOptions): StreamEndpoint {
  const sessions = new Set<StreamSession>()
  const coalesced = metrics.counter('fanout_coalesced_total', 'Updates held back because their client reads too slowly')
  return {
    name: 'stream',
    path: STREAM_PATH,
    needs: { role: 'viewer', admitsWithoutApi: true },
    maxMessageBytes: MAX_MESSAGE_BYTES,
    open: (socket) => {
      const session = new StreamSession({ ...options, socket, onCoalesced: (events) => coalesced.inc(events) })
      sessions.add(session)
      socket.on('close', () => sessions.delete(session))
      session.start()
      return session
    },
    announce: () => {
      for (const session of sessions) session.heartbeat()
    },
  }
}
