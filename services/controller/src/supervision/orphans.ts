import { readdir, readFile } from 'node:fs/promises'
import type { Logger } from '@webmacs/service-kit'
import { pause } from './waiting.ts'

export interface OrphanSearch {
  /** Module that plugin processes run. */
  readonly hostModule: string
  readonly controller: string
  /** A plugin process ends by itself when its controller is gone, within this time; one that hangs never does. */
  readonly patienceMs: number
  readonly log: Logger
  readonly signal: AbortSignal
}

const LOOK_AGAIN_MS = 100

/**
 * Waits until plugin processes that a killed controller of this name left behind are gone, and kills those that do not go: a device must
 * not have two masters, and no process may be left over for good. Linux only; elsewhere there is no cheap way to find them.
 */
export async function endOrphans(search: OrphanSearch): Promise<void> {
  if (process.platform !== 'linux') return
  const deadline = performance.now() + search.patienceMs
  let orphans = await findOrphans(search)
  if (orphans.length > 0)
    search.log.warn({ event: 'plugin-host.orphans', pids: orphans }, 'waiting for left-over processes')
  while (orphans.length > 0 && performance.now() < deadline) {
    search.signal.throwIfAborted()
    await pause(LOOK_AGAIN_MS, search.signal)
    orphans = await findOrphans(search)
  }
  for (const pid of orphans) {
    search.log.error({ event: 'plugin-host.orphan-killed', pid }, 'left-over process does not end, killing it')
    process.kill(pid, 'SIGKILL')
  }
}

/** Arguments that make a plugin process recognisable. */
export const hostArguments = (controller: string): string[] => [controller, String(process.pid)]

async function findOrphans(search: OrphanSearch): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const orphans = await Promise.all(pids.map(async (pid) => ((await isOrphan(pid, search)) ? [pid] : [])))
  return orphans.flat()
}

async function isOrphan(pid: number, { hostModule, controller }: OrphanSearch): Promise<boolean> {
  const [commandLine, status] = await Promise.all([read(`/proc/${pid}/cmdline`), read(`/proc/${pid}/status`)])
  const words = commandLine.split('\0')
  const at = words.indexOf(hostModule)
  if (at < 0 || words[at + 1] !== controller) return false
  const parent = /^PPid:\s+(\d+)$/m.exec(status)?.[1]
  return parent !== words[at + 2]
}

/** Processes come and go while one looks, and some are not ours to look at. */
async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (err) {
    if (err instanceof Error && 'code' in err && ['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(String(err.code)))
      return ''
    throw err
  }
}
