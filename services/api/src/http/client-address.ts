import { BlockList, isIP } from 'node:net'

const PRIVATE = new BlockList()
PRIVATE.addSubnet('127.0.0.0', 8)
PRIVATE.addSubnet('10.0.0.0', 8)
PRIVATE.addSubnet('172.16.0.0', 12)
PRIVATE.addSubnet('192.168.0.0', 16)
PRIVATE.addAddress('::1', 'ipv6')
PRIVATE.addSubnet('fc00::', 7, 'ipv6')
PRIVATE.addSubnet('fe80::', 10, 'ipv6')

/** Loopback, private and link-local addresses, also when written as IPv6 (`::ffff:10.0.0.1`). */
export function isPrivateAddress(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && PRIVATE.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1'])

/**
 * Whether to believe `X-Forwarded-For`: only from a gateway on this machine, and only its last entry – the address that the gateway itself
 * saw. What stands before it, the client may have made up.
 * @param hop 0 for the peer of the connection
 */
export const isTrustedProxy = (address: string, hop: number): boolean => hop === 0 && LOOPBACK.has(address)
