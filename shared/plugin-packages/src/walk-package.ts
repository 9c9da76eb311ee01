import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { AppError } from '@webmacs/contracts'
import { type Extract, extract, type Header } from 'tar-stream'
import { entryPath } from './entry-path.ts'
import { PlacedFiles } from './placed-files.ts'
import { bomb, UnpackMeter } from './unpack-meter.ts'

/** A file of a package while its archive is read. */
export interface PackageFile {
  /** Relative to the package's folder, with `/`. */
  readonly path: string
  /** Bytes. */
  readonly size: number
  /** To be read before the next file comes; what is left is skipped. */
  readonly content: AsyncIterable<Uint8Array>
}

/**
 * Reads a package (`.tgz`, as `npm pack` writes it) file by file, within `PACKAGE_LIMITS`, and gives each to `visit`. Nothing is written, and
 * nothing outside of it is touched: links, devices and names that lead out are refused.
 * @param fileBytes size of the archive
 * @throws AppError `package.not-a-package`, `package.path`, `package.bomb`; and whatever `visit` throws
 */
export async function walkPackage(
  archive: Readable,
  fileBytes: number,
  visit: (file: PackageFile) => Promise<void>,
): Promise<void> {
  const meter = new UnpackMeter(fileBytes)
  const entries = extract()
  const reading = pipeline(archive, createGunzip(), (chunks) => feed(entries, meter.pass(chunks)))
  const visiting = visitAll(entries, meter, visit)
  // Whichever fails ends the other; the first failure is the reason.
  const [failure] = await firstFailures(reading, visiting, () => entries.destroy())
  if (failure !== undefined) throw asRefusal(failure.reason)
}

/** No faster than entries are visited. */
async function feed(entries: Extract, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const closed = Promise.withResolvers<void>()
  entries.once('close', () => closed.resolve())
  for await (const chunk of chunks) {
    const drained = Promise.withResolvers<void>()
    const onDrain = (): void => drained.resolve()
    entries.once('drain', onDrain)
    if (!entries.write(chunk)) await Promise.race([drained.promise, closed.promise])
    entries.off('drain', onDrain)
    if (entries.destroyed) return // by whoever visits, who says why
  }
  entries.end(null)
}

async function visitAll(
  entries: Extract,
  meter: UnpackMeter,
  visit: (file: PackageFile) => Promise<void>,
): Promise<void> {
  const placed = new PlacedFiles()
  for await (const entry of entries) {
    const { name, size = 0 } = entry.header
    meter.noteEntry(size)
    const path = entryPath(name)
    if (isFile(entry.header)) {
      if (!placed.add(path)) throw notAPackage(`something else of it lies at "${name.slice(0, 200)}" already`)
      await visit({ path, size, content: entry as AsyncIterable<Uint8Array> }) // its type does not say of what
    }
    entry.resume()
  }
}

function isFile({ name, type }: Header): boolean {
  if (type === 'file' || type === 'contiguous-file') return true
  if (type === 'directory') return false
  throw new AppError('package.path', {
    detail: `"${name.slice(0, 200)}" is a ${type ?? 'special file'}; a package consists of files and folders only. Make it with npm pack.`,
  })
}

type Failure = { readonly reason: unknown }

/** Failures of both in the order of their coming; the first one ends what the other waits for. */
async function firstFailures(one: Promise<void>, other: Promise<void>, end: () => void): Promise<Failure[]> {
  const failures: Failure[] = []
  const note = (reason: unknown): void => {
    failures.push({ reason })
    end()
  }
  await Promise.all([one.catch(note), other.catch(note)])
  return failures
}

const notAPackage = (why: string): AppError =>
  new AppError('package.not-a-package', {
    detail: `The file is not a package: ${why}. Make it with npm pack, which writes a .tgz file.`,
  })

/** What zlib and the reader of archives say of a file that is not one of theirs. */
function asRefusal(reason: unknown): unknown {
  if (!(reason instanceof Error)) return reason
  const code: unknown = Reflect.get(reason, 'code')
  if (typeof code === 'string' && code.startsWith('Z_'))
    return notAPackage('it is not compressed with gzip, or cut off')
  if (/Header exceeds max size/.test(reason.message)) return bomb('it holds a header that is too large')
  if (/Invalid (tar )?header|Unexpected end of data|Unknown header/i.test(reason.message))
    return notAPackage('what is compressed is no archive, or cut off')
  return reason
}
