import { randomBytes } from 'node:crypto'
import { chmod, link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { commandLineOf } from '@webmacs/embedded'
import { LaunchError } from './launch-error.ts'

/** Makes the folder, and says in a sentence why it cannot be used. */
export async function openDataDirectory(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true })
    const { uid } = await stat(dataDir)
    const self = process.getuid?.()
    if (self !== undefined && self !== 0 && uid !== self) {
      throw new LaunchError(
        `The data folder ${dataDir} belongs to another user (id ${uid}). Run as that user, or choose another folder with WEBMACS_DATA_DIR.`,
      )
    }
    const probe = join(dataDir, `.probe-${process.pid}`)
    await writeFile(probe, randomBytes(4096))
    await rm(probe)
  } catch (err) {
    throw explained(err, dataDir)
  }
}

function explained(err: unknown, dataDir: string): unknown {
  switch ((err as NodeJS.ErrnoException).code) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new LaunchError(
        `The data folder ${dataDir} cannot be written. Make it yours, or choose another with WEBMACS_DATA_DIR.`,
        err,
      )
    case 'ENOSPC':
      return new LaunchError(`The disk is full: free some space below ${dataDir} and start again.`, err)
    case 'ENOTDIR':
    case 'EEXIST':
      return new LaunchError(`${dataDir} is a file, not a folder. Choose another with WEBMACS_DATA_DIR.`, err)
    default:
      return err
  }
}

/** Says that this process uses the folder. @throws LaunchError naming the other process, if there is one */
export async function lockDataDirectory(dataDir: string): Promise<{ release(): Promise<void> }> {
  const file = join(dataDir, 'launcher.lock')
  for (;;) {
    // Written first and linked then: a lock is there with its pid or not at all.
    const mine = `${file}.${process.pid}`
    try {
      await writeFile(mine, String(process.pid))
      await link(mine, file)
      return { release: () => rm(file, { force: true }) }
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code !== 'EEXIST') throw explained(err, dataDir)
    } finally {
      await rm(mine, { force: true })
    }
    const pid = Number(await readFile(file, 'utf8'))
    // Process ids are used again: only one that runs a launcher holds the lock.
    if (pid > 0 && pid !== process.pid && /launcher/.test(await commandLineOf(pid))) {
      throw new LaunchError(
        `WebMACS already runs on ${dataDir} (process ${pid}). Stop it first, or choose another folder with WEBMACS_DATA_DIR.`,
      )
    }
    await rm(file, { force: true })
  }
}

/** Writes a file that only we may read, in one step: a reader sees the old one or the new one whole. */
export async function writePrivateFile(file: string, content: string): Promise<void> {
  const partial = `${file}.${process.pid}.new`
  await writeFile(partial, content, { mode: 0o600 })
  await chmod(partial, 0o600)
  await rename(partial, file)
}
