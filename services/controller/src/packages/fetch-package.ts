import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { type Bus, openFileStore } from '@webmacs/bus'
import type { DesiredPackage } from '@webmacs/contracts'

/** From the store to here. */
const DEADLINE_MS = 120_000

/**
 * The file of a package, which is what api took in: its SHA-256 is its name.
 * @throws Error when it is not there (yet), does not come in time, or is another file
 */
export async function fetchPackage(
  bus: Bus,
  { name, sha256, size }: DesiredPackage,
  stop: AbortSignal,
): Promise<Buffer> {
  const store = await openFileStore(bus, bus.names.files.packages)
  const content = await store.get(sha256)
  if (content === undefined) throw new Error(`the file of ${name} is not in the store`)
  const signal = AbortSignal.any([stop, AbortSignal.timeout(DEADLINE_MS)])
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of Readable.fromWeb(content, { signal })) {
    chunks.push(chunk)
    bytes += chunk.byteLength
    if (bytes > size) break
  }
  const file = Buffer.concat(chunks)
  if (createHash('sha256').update(file).digest('hex') !== sha256)
    throw new Error(`the file of ${name} in the store is not the one that was uploaded`)
  return file
}
