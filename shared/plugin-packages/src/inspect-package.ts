import type { Readable } from 'node:stream'
import { AppError } from '@webmacs/contracts'
import { BINARY_HEADER_BYTES, type BinaryPlatform, binaryPlatforms } from './binary-platform.ts'
import { PACKAGE_LIMITS } from './limits.ts'
import {
  type BundledManifest,
  type PackageManifest,
  parseBundledManifest,
  parseManifest,
  pluginsOf,
} from './manifest.ts'
import { bomb } from './unpack-meter.ts'
import { type PackageFile, walkPackage } from './walk-package.ts'

/** What a package says and holds; none of its code has run. Paths are relative to it, with `/`. */
export interface PackageContents {
  readonly manifest: PackageManifest
  /** Plugin id → path of its module, as written in package.json. */
  readonly plugins: ReadonlyMap<string, string>
  readonly files: ReadonlySet<string>
  /** Packages that it brings along, by their folder (`node_modules/…`). */
  readonly bundled: ReadonlyMap<string, BundledManifest>
  /** Compiled modules, with what they run on. */
  readonly binaries: ReadonlyMap<string, readonly BinaryPlatform[]>
}

const MANIFEST = 'package.json'
const BUNDLED_MANIFEST = /^(node_modules|.*\/node_modules)\/(@[^/]+\/)?[^/]+\/package\.json$/

/**
 * Reads a whole package.
 * @throws AppError `package.not-a-package`, `package.no-plugins`, `package.path`, `package.bomb`
 */
export async function inspectPackage(archive: Readable, fileBytes: number): Promise<PackageContents> {
  let text: string | undefined
  let manifestsBytes = 0
  const files = new Set<string>()
  const bundled = new Map<string, BundledManifest>()
  const binaries = new Map<string, readonly BinaryPlatform[]>()
  await walkPackage(archive, fileBytes, async (file) => {
    const { path } = file
    files.add(path)
    if (path === MANIFEST) text = await readText(file)
    else if (BUNDLED_MANIFEST.test(path)) {
      manifestsBytes += file.size
      if (manifestsBytes > PACKAGE_LIMITS.manifestsBytes) throw bomb('its package.json files have more than 20 MB')
      bundled.set(path.slice(0, -MANIFEST.length - 1), parseBundledManifest(await readText(file)))
    } else if (path.endsWith('.node')) binaries.set(path, binaryPlatforms(await readHead(file, BINARY_HEADER_BYTES)))
  })
  if (text === undefined)
    throw new AppError('package.not-a-package', {
      detail: 'The file is not a package: there is no package/package.json in it. Make it with npm pack.',
    })
  return { manifest: parseManifest(text), plugins: pluginsOf(text), files, bundled, binaries }
}

async function readText(file: PackageFile): Promise<string> {
  if (file.size > PACKAGE_LIMITS.manifestBytes)
    throw new AppError('package.not-a-package', {
      detail: `The file is not a package: ${file.path} is larger than 1 MB.`,
    })
  return (await readHead(file, file.size)).toString()
}

/** The beginning of a file; the rest is skipped. */
async function readHead({ content }: PackageFile, bytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of content) {
    if (length < bytes) chunks.push(chunk)
    length += chunk.byteLength
  }
  return Buffer.concat(chunks).subarray(0, bytes)
}
