import type { IncomingMessage } from 'node:http'
import { SOCKET_PROTOCOL, SOCKET_TOKEN_PROTOCOL } from '@webmacs/contracts'

/** What a client brings to its handshake. */
export type Presented =
  | { readonly kind: 'token'; readonly token: string }
  /** It knows our sub-protocol and names no token: its first message will. */
  | { readonly kind: 'first-message' }
  | { readonly kind: 'nothing' }

/**
 * Finds the token in the address (`?token=`, older clients) or in the sub-protocols. Only who offers the sub-protocol `webmacs` may say it in
 * a first message: an older client that has no token is told so at once.
 */
export function presentedBy({ url = '', headers }: Pick<IncomingMessage, 'url' | 'headers'>): Presented {
  const [, query = ''] = splitOnce(url, '?')
  const inQuery = new URLSearchParams(query).get('token')
  if (inQuery !== null && inQuery !== '') return { kind: 'token', token: inQuery }
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim())
  const inProtocol = offered.find((protocol) => protocol.startsWith(SOCKET_TOKEN_PROTOCOL))
  const token = inProtocol?.slice(SOCKET_TOKEN_PROTOCOL.length) ?? ''
  if (token !== '') return { kind: 'token', token }
  return { kind: offered.includes(SOCKET_PROTOCOL) ? 'first-message' : 'nothing' }
}

/** The sub-protocol of the answer: never the one that carries the token, which would show it once more. */
export const chooseProtocol = (offered: ReadonlySet<string>): string | false =>
  offered.has(SOCKET_PROTOCOL) ? SOCKET_PROTOCOL : false

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
