import { readdir, readFile } from 'node:fs/promises'

/** A process and its memory, shared pages counted by their share, kB. */
export interface ProcessMemory {
  readonly pid: number
  readonly pssKb: number
}

/** In which Linux counts processor time towards programs, whatever the kernel's own tick is. */
const TICKS_PER_SECOND = 100

/** Parent of every process, from /proc. */
async function readParents(): Promise<Map<number, number>> {
  const parents = new Map<number, number>()
  for (const name of await readdir('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid)) continue
    const stat = await readIfThere(`/proc/${pid}/stat`)
    // The command in parentheses may hold spaces; state and parent follow the last one.
    const parent = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
    if (parent !== undefined) parents.set(pid, Number(parent))
  }
  return parents
}

/** A process and its children, theirs, and so on, without those in `except` and what is below them. */
export async function readTree(root: number, except: ReadonlySet<number>): Promise<ProcessMemory[]> {
  const parents = await readParents()
  const tree = [root]
  for (const member of tree) {
    for (const [pid, parent] of parents) if (parent === member && !except.has(pid)) tree.push(pid)
  }
  const memories = await Promise.all(tree.map(async (pid) => ({ pid, pssKb: await readPss(pid) })))
  return memories.flatMap(({ pid, pssKb }) => (pssKb === undefined ? [] : [{ pid, pssKb }]))
}

/** Processor time that a process has used so far, seconds; 0 when it has ended. */
export async function readCpuSeconds(pid: number): Promise<number> {
  const stat = await readIfThere(`/proc/${pid}/stat`)
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? []
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND // user and system
}

/** @returns undefined when the process has ended */
async function readPss(pid: number): Promise<number | undefined> {
  const rollup = await readIfThere(`/proc/${pid}/smaps_rollup`)
  const pss = rollup && /^Pss:\s+(\d+) kB/m.exec(rollup)?.[1]
  return pss === undefined ? undefined : Number(pss)
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return undefined // it ended meanwhile
    throw err
  }
}
