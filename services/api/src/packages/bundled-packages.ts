import { createHash } from 'node:crypto'
import type { ControllerInventory, PackageId } from '@webmacs/contracts'

/** A package that came with a controller. */
export interface BundledPackage {
  readonly name: string
  readonly version: string
  readonly plugins: readonly string[]
  /** Since when the controller runs that has it longest. */
  readonly since: string
}

/** What several controllers have is listed once, by name. */
export function bundledPackages(inventories: readonly ControllerInventory[]): BundledPackage[] {
  const found = new Map<string, BundledPackage>()
  for (const { packages, started_on } of inventories) {
    for (const { name, version, plugins, source } of packages) {
      const known = found.get(name)
      if (source !== 'bundled' || (known !== undefined && known.since <= started_on)) continue
      found.set(name, { name, version, plugins, since: started_on })
    }
  }
  return [...found.values()].sort((one, other) => one.name.localeCompare(other.name))
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const CHARACTERS = 12

/** The same for a package of this name at all times and in every instance of this service; nothing stores it. */
export function bundledPackageId(name: string): PackageId {
  const hash = createHash('sha256').update(`bundled:${name}`).digest()
  const characters = [...hash.subarray(0, CHARACTERS)].map((byte) => ALPHABET[byte % ALPHABET.length])
  return `pkg_${characters.join('')}` as PackageId // as newId makes them, only not at random
}
