import { AppError } from '@webmacs/contracts'
import type { PackageContents } from './inspect-package.ts'
import type { BundledManifest, PackageManifest } from './manifest.ts'

const NAMED_AT_MOST = 5
/** As npm has it, characters; what is longer is no name. */
const LONGEST_NAME = 214

/**
 * Whether all that the package needs at run time is in it, where Node.js looks for it: nothing is ever fetched.
 * @throws AppError `package.unbundled`
 */
export function checkBundled({ manifest, bundled }: PackageContents): void {
  const missing = new Set([
    ...neededBy(manifest).filter((name) => !isFound(bundled, '', name)),
    ...requiredPeers(manifest).filter((name) => !isFound(bundled, '', name)),
    ...[...bundled].flatMap(([folder, one]) => neededBy(one).filter((name) => !isFound(bundled, folder, name))),
  ])
  if (missing.size === 0) return
  const names = [...missing].sort().map((name) => name.slice(0, LONGEST_NAME))
  const more = names.length > NAMED_AT_MOST ? ` and ${names.length - NAMED_AT_MOST} more` : ''
  throw new AppError('package.unbundled', {
    detail: `The package does not bring along what it needs: ${names.slice(0, NAMED_AT_MOST).join(', ')}${more}. Nothing is fetched when it is installed: run npm install, list them in "bundleDependencies" of package.json, and make the package anew.`,
  })
}

/** Without what may be missing. */
const neededBy = ({ dependencies = {}, optionalDependencies = {} }: BundledManifest): string[] =>
  Object.keys(dependencies).filter((name) => !(name in optionalDependencies))

const requiredPeers = ({ peerDependencies = {}, peerDependenciesMeta = {} }: PackageManifest): string[] =>
  Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true)

/** As Node.js resolves it: in `node_modules` of the folder, then of each folder above it. */
function isFound(bundled: PackageContents['bundled'], folder: string, name: string): boolean {
  const segments = folder === '' ? [] : folder.split('/')
  for (let depth = segments.length; depth >= 0; depth--) {
    if (segments[depth - 1] === 'node_modules') continue
    if (bundled.has([...segments.slice(0, depth), 'node_modules', name].join('/'))) return true
  }
  return false
}
