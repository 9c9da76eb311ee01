import type { IncomingMessage } from 'node:http'
import type { AddressList } from '@webmacs/service-kit'

const IPV4_MAPPED = '::ffff:'

/** The peer's address, without the IPv6 dress that a dual-stack socket gives to IPv4. */
export function peerAddress(request: IncomingMessage): string {
  const address = request.socket.remoteAddress ?? ''
  return address.startsWith(IPV4_MAPPED) ? address.slice(IPV4_MAPPED.length) : address
}

/**
 * Sets X-Forwarded-For, -Proto and -Host for the services behind. What a client claims in them is dropped, unless the peer is a proxy
 * that we were told to trust: then its words stand and the peer is added.
 */
export function setForwardedHeaders(request: IncomingMessage, trustedProxies: Pick<AddressList, 'has'>): void {
  const { headers } = request
  const peer = peerAddress(request)
  const isTrusted = trustedProxies.has(peer)
  const claimed = isTrusted ? String(headers['x-forwarded-for'] ?? '') : ''
  headers['x-forwarded-for'] = claimed === '' ? peer : `${claimed}, ${peer}`
  headers['x-forwarded-proto'] = (isTrusted ? headers['x-forwarded-proto'] : undefined) ?? 'http'
  headers['x-forwarded-host'] = (isTrusted ? headers['x-forwarded-host'] : undefined) ?? headers.host ?? ''
  delete headers['x-real-ip']
  delete headers.forwarded
}
