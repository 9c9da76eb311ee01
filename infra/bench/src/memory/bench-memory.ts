import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describeRun } from '../machine.ts'
import { report } from '../report.ts'
import { readTree } from './processes.ts'

/** The part of the launcher's runtime.json that is read here. */
interface Runtime {
  readonly pid: number
  readonly startedOn: string
  readonly database: { readonly pid: number | null }
  readonly nats: { readonly pid: number | null }
  readonly services: Readonly<Record<string, { readonly pid: number | null }>>
}

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const MIB_KB = 1024

/** Proportional set size of every process of the system that runs now; on Linux only, where /proc tells it. */
export async function benchMemory(dataDir = join(ROOT, '.webmacs')): Promise<void> {
  const runtime: Runtime = JSON.parse(await readFile(join(dataDir, 'runtime.json'), 'utf8'))
  const parts: [string, number | null][] = [
    ['launcher', runtime.pid],
    ...Object.entries(runtime.services).map(([name, { pid }]): [string, number | null] => [name, pid]),
    ['nats-server', runtime.nats.pid],
    ['postgres', runtime.database.pid],
  ]
  const pids = new Set(parts.flatMap(([, pid]) => (pid === null ? [] : [pid])))
  const rows: string[][] = []
  let totalKb = 0
  for (const [name, pid] of parts) {
    if (pid === null) continue
    const tree = await readTree(pid, pids)
    const pssKb = tree.reduce((sum, process) => sum + process.pssKb, 0)
    totalKb += pssKb
    rows.push([name, String(tree.length), megabytes(pssKb)])
  }
  rows.push(['all', '', megabytes(totalKb)])
  const minutes = Math.round((Date.now() - Date.parse(runtime.startedOn)) / 60_000)
  await report({
    name: 'memory',
    title: 'memory',
    run: await describeRun(),
    columns: ['part', 'processes', 'PSS, MiB'],
    rows,
    notes: `Proportional set size (pages that several processes share are counted once, in parts) of a system that had run for about ${minutes} min; a
part includes its child processes, so the controller its plugins and PostgreSQL its backends.`,
  })
}

const megabytes = (kb: number): string => (kb / MIB_KB).toFixed(0)
