import { BlockList, isIP } from 'node:net'
import type { FieldError } from '@webmacs/contracts'
import { Type } from 'typebox'

/** Addresses and networks (`10.0.0.0/8`, `::1`, `fc00::/7`), asked whether an address is one of them, also when written as IPv6 (`::ffff:10.0.0.1`). */
export class AddressList {
  readonly #list = new BlockList()

  /** @throws RangeError that names the first entry which is neither an address nor a network */
  constructor(entries: readonly string[]) {
    for (const entry of entries) this.#add(entry)
  }

  has(address: string): boolean {
    const family = isIP(address)
    return family !== 0 && this.#list.check(address, family === 6 ? 'ipv6' : 'ipv4')
  }

  #add(entry: string): void {
    if (!isEntry(entry)) throw new RangeError(`"${entry}" is neither an address nor a network`)
    const [address = '', bits] = entry.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) this.#list.addAddress(address, family)
    else this.#list.addSubnet(address, Number(bits), family)
  }
}

const ENTRY = /^([^/]+)(?:\/(\d{1,3}))?$/

/** Loopback, private and link-local networks. */
export const PRIVATE_NETWORKS = [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '::1',
  'fc00::/7',
  'fe80::/10',
]

/** A variable with such a list, as JSON. Its entries are checked by `addressProblems`. */
export const addressesVariable = (initial: readonly string[], description: string) =>
  Type.Array(Type.String(), { default: [...initial], description })

/** What is wrong with variables that are lists of addresses, as `ConfigError` takes it. */
export function addressProblems(lists: Readonly<Record<string, readonly string[]>>): FieldError[] {
  return Object.entries(lists).flatMap(([name, entries]) =>
    entries.flatMap((entry, position) => {
      if (isEntry(entry)) return []
      return [{ field: `${name}.${position}`, rule: 'must be an address or a network such as 10.0.0.0/8' }]
    }),
  )
}

function isEntry(entry: string): boolean {
  const [, address = '', bits] = ENTRY.exec(entry) ?? []
  const family = isIP(address)
  return family !== 0 && Number(bits ?? 0) <= (family === 6 ? 128 : 32)
}
