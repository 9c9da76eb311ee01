import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { type Header, pack } from 'tar-stream'

export interface ArchiveEntry extends Partial<Header> {
  readonly name: string
  readonly content?: string | Uint8Array
}

/** An archive with entries that npm would not make, compressed. */
export async function archiveOf(entries: readonly ArchiveEntry[]): Promise<Buffer> {
  const archive = pack()
  for (const { content = '', ...header } of entries) archive.entry(header, content)
  archive.finalize()
  const chunks: Uint8Array[] = []
  for await (const chunk of archive) chunks.push(chunk as Uint8Array) // its type does not say of what
  return gzipSync(Buffer.concat(chunks))
}

export const manifestEntry: ArchiveEntry = {
  name: 'package/package.json',
  content: JSON.stringify({ name: 'p', version: '1.0.0', webmacs: { plugins: { p: './index.js' } } }),
}

export const streamOf = (file: Uint8Array): Readable => Readable.from([Buffer.from(file)])
