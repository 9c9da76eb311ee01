import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** A file that was sent, kept outside of memory until it is disposed of. */
export interface ReceivedFile extends AsyncDisposable {
  readonly bytes: number
  /** Hexadecimal. */
  readonly sha256: string
  /** Its content, as often as asked. */
  read(chunkBytes?: number): Readable
}

const DEFAULT_CHUNK_BYTES = 64 * 1024

/** Writes a stream to a temporary file. The name under which it was sent plays no part. */
export async function receiveFile(content: Readable): Promise<ReceivedFile> {
  const folder = await mkdtemp(join(tmpdir(), 'webmacs-upload-'))
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true })
  const path = join(folder, 'file')
  const hash = createHash('sha256')
  let bytes = 0
  const measured = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
    for await (const chunk of chunks) {
      hash.update(chunk)
      bytes += chunk.byteLength
      yield chunk
    }
  }
  try {
    await pipeline(content, measured, createWriteStream(path))
  } catch (err) {
    await dispose()
    throw err
  }
  return {
    bytes,
    sha256: hash.digest('hex'),
    read: (highWaterMark = DEFAULT_CHUNK_BYTES) => createReadStream(path, { highWaterMark }),
    [Symbol.asyncDispose]: dispose,
  }
}
