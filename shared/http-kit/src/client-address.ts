import { isIP } from 'node:net'
import { normalizeIP } from '@fastify/rate-limit'

const IPV6_SUBNET_BITS = 64

/**
 * Under which name a client is counted: its IPv4 address, or its IPv6 network, because whoever has one address of a /64 has all of them.
 * What a proxy passes on that is no address is one client, so that made-up text cannot fill the memory.
 */
export const clientKey = (address: string): string =>
  isIP(address) === 0 ? 'unknown' : normalizeIP(address, IPV6_SUBNET_BITS)
