import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { Meter } from '../exports/meter.ts'
import { isDiskFull, noSpace } from './export-directory.ts'

/**
 * Writes what comes to a new file, and through to the disk.
 * @returns its SHA-256, hexadecimal
 * @throws AppError `export.no-space`; whatever the signal is aborted with
 */
export async function writeFile(
  path: string,
  content: AsyncIterable<Buffer>,
  { meter, signal }: { readonly meter: Meter; readonly signal: AbortSignal },
): Promise<string> {
  const hash = createHash('sha256')
  const file = await open(path, 'w', 0o600)
  try {
    for await (const chunk of meter.bytesOf(content)) {
      signal.throwIfAborted()
      hash.update(chunk)
      await file.writeFile(chunk)
    }
    signal.throwIfAborted() // a query that was ended may look like one that came to its end
    await file.sync()
  } catch (err) {
    throw isDiskFull(err) ? noSpace(err) : err
  } finally {
    await file.close()
  }
  return hash.digest('hex')
}
