import { posix } from 'node:path'
import { AppError } from '@webmacs/contracts'
import semver from 'semver'
import { checkBundled } from './check-bundled.ts'
import { checkNative } from './check-native.ts'
import type { PackageContents } from './inspect-package.ts'

/** Where a package is to run. */
export interface TargetPlatform {
  readonly controller: string
  /** Version of Node.js. */
  readonly node: string
  readonly os: string
  readonly cpu: string
}

/**
 * Whether a package can run on all these controllers, as far as can be seen without running it.
 * @throws AppError `package.broken`, `package.node-version`, `package.platform`, `package.unbundled`, `package.native`; the first that applies
 */
export function checkPackage(contents: PackageContents, targets: readonly TargetPlatform[]): void {
  checkModules(contents)
  for (const target of targets) {
    checkNode(contents, target)
    checkField(contents, 'os', target)
    checkField(contents, 'cpu', target)
  }
  checkBundled(contents)
  checkNative(contents, targets)
}

function checkModules({ plugins, files }: PackageContents): void {
  for (const [id, path] of plugins) {
    const module = posix.normalize(path)
    if (!files.has(module))
      throw new AppError('package.broken', {
        detail: `The module ${JSON.stringify(path)} of the plugin "${id}" is not in the package. Name a file of the package in "webmacs", and see that "files" in package.json includes it.`,
      })
  }
}

function checkNode({ manifest }: PackageContents, { controller, node }: TargetPlatform): void {
  const range = manifest.engines?.node
  if (range === undefined || semver.satisfies(node, range)) return
  throw new AppError('package.node-version', {
    detail: `The package needs Node.js ${range} ("engines" in package.json); the controller "${controller}" runs ${node}.`,
  })
}

/** `os` and `cpu` of package.json: what it is for; with `!`, what it is not for. */
function checkField({ manifest }: PackageContents, field: 'os' | 'cpu', target: TargetPlatform): void {
  const values = manifest[field] ?? []
  const positive = values.filter((value) => !value.startsWith('!'))
  const isFor = positive.length === 0 || positive.includes(target[field]) || positive.includes('any')
  if (isFor && !values.includes(`!${target[field]}`)) return
  throw new AppError('package.platform', {
    detail: `The package is for ${field} ${values.join(', ')} (package.json); the controller "${target.controller}" runs on ${target[field]}.`,
  })
}
