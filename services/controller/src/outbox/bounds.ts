import { mkdir, stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'

const MOST_BYTES = 2 * 1024 ** 3
const LEAST_BYTES = 16 * 1024 ** 2
const SHARE_OF_DISK = 0.2
const WITHOUT_DISK_BYTES = 32 * 1024 ** 2

/** How large an outbox may become where nobody says: a fifth of what the disk has free, without what the outbox takes already; at most 2 GiB. */
export async function defaultMaxBytes(path: string): Promise<number> {
  try {
    await mkdir(dirname(path), { recursive: true })
    const { bavail, bsize } = await statfs(dirname(path))
    const available = bavail * bsize + (await sizeOf(path))
    return Math.round(Math.max(LEAST_BYTES, Math.min(MOST_BYTES, available * SHARE_OF_DISK)))
  } catch {
    return WITHOUT_DISK_BYTES // the outbox will say that there is no folder, and be in memory
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch {
    return 0 // it is not there yet
  }
}
