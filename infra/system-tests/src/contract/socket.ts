import { once } from 'node:events'
import { until } from '@webmacs/testing'
import { type RawData, WebSocket } from 'ws'

export type Message = Record<string, unknown> & { readonly type?: string }

export interface Closed {
  readonly code: number
  readonly reason: string
}

/** A socket as a client holds it: remembers what came, and how it ended. */
export interface Socket extends Disposable {
  readonly messages: Message[]
  readonly protocol: string
  readonly isOpen: boolean
  /** How it ended; undefined while it has not. */
  readonly end: Closed | undefined
  send(message: unknown): void
  sendRaw(data: string | Buffer): void
  /** The first message, of those that came or come, of which this is true. */
  next(what: string, isIt: (message: Message) => boolean, timeoutMs?: number): Promise<Message>
  closed(timeoutMs?: number): Promise<Closed>
}

/** Opens a socket. @throws Error when the handshake is refused */
export async function openSocket(url: string, protocols: string[] = []): Promise<Socket> {
  const ws = new WebSocket(url, protocols)
  const messages: Message[] = []
  let end: Closed | undefined
  ws.on('message', (data: RawData) => messages.push(JSON.parse(String(data))))
  ws.on('close', (code, reason) => {
    end = { code, reason: String(reason) }
  })
  await once(ws, 'open')
  // After the opening, an error is told by the close that follows it.
  ws.on('error', () => undefined)
  return {
    messages,
    get protocol() {
      return ws.protocol
    },
    get isOpen() {
      return ws.readyState === WebSocket.OPEN
    },
    get end() {
      return end
    },
    send: (message) => ws.send(JSON.stringify(message)),
    sendRaw: (data) => ws.send(data),
    next: (what, isIt, timeoutMs = 10_000) => until(what, () => messages.find(isIt), { timeoutMs }),
    closed: (timeoutMs = 10_000) => until('the socket is closed', () => end, { timeoutMs }),
    [Symbol.dispose]: () => ws.terminate(),
  }
}

/** The HTTP status that a handshake was refused with; 101 when it was not. */
export function handshakeStatus(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const ws = new WebSocket(url)
    ws.on('open', () => {
      ws.terminate()
      resolve(101)
    })
    ws.on('unexpected-response', (request, response) => {
      request.destroy()
      resolve(response.statusCode ?? 0)
    })
    ws.on('error', reject)
  })
}
