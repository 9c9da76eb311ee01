import { SOCKET_PROTOCOL, SOCKET_TOKEN_PROTOCOL } from './wire.ts'

/** The part of a browser's WebSocket that the live stream uses; Node's global one and the package `ws` have it too. */
export interface StreamSocket {
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: { code: number; reason: string }) => void) | null
  onerror: ((event: unknown) => void) | null
  send(text: string): void
  close(): void
}

/** What sending needs beyond that. */
export interface SenderSocket extends StreamSocket {
  onopen: ((event: unknown) => void) | null
}

export type OpenSocket = (url: string, protocols: string[]) => SenderSocket

export const openWebSocket: OpenSocket = (url, protocols) => new WebSocket(url, protocols) as SenderSocket // DOM events are richer than what we read

/** @throws Error where the platform has no WebSocket, as Node.js 20 */
export function platformSocket(): OpenSocket {
  if (globalThis.WebSocket === undefined) throw new Error('There is no WebSocket here: hand one in as openSocket.')
  return openWebSocket
}

/** Says who we are in the handshake, where no proxy's log shows it. */
export const socketProtocols = (token: string | undefined): string[] =>
  token === undefined ? [SOCKET_PROTOCOL] : [SOCKET_PROTOCOL, `${SOCKET_TOKEN_PROTOCOL}${token}`]

/** Every token of the system is base64url with dots and underscores; another text breaks the handshake before the server can refuse it. */
export const isTokenShaped = (token: string | undefined): boolean => token === undefined || /^[\w.~+-]+$/.test(token)

/** Address of the gateway, `http…` or empty where the page came from it → `ws…` */
export function socketUrlOf(baseUrl: string): string {
  const { location } = globalThis as { location?: { readonly origin: string } } // browsers only
  return (baseUrl === '' ? (location?.origin ?? '') : baseUrl).replace(/^http/, 'ws')
}
