import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from './config.ts'
import { LaunchError } from './launch-error.ts'
import type { Reporter } from './reporter.ts'

const FOLDER = join(ROOT, 'frontend')
const STAMP = join(FOLDER, 'dist', '.sources')
const VITE = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js')
/** What the built dashboard is made of. */
const SOURCES = [
  'frontend/src',
  'frontend/public',
  'frontend/index.html',
  'frontend/vite.config.ts',
  'shared/contracts/src',
  'shared/client/src',
  'package-lock.json',
]

/** Builds the dashboard when it is missing or older than its sources. */
export async function buildDashboard(reporter: Reporter): Promise<void> {
  const wanted = await hashOfSources()
  if (existsSync(STAMP) && (await readFile(STAMP, 'utf8')) === wanted) return
  await reporter.step('Dashboard built', async () => {
    const child = spawn(process.execPath, [VITE, 'build', '--logLevel', 'warn'], {
      cwd: FOLDER,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk
      })
    }
    const [code] = await once(child, 'exit')
    if (code !== 0) throw new LaunchError(`The dashboard could not be built:\n${output.trim()}`)
    await writeFile(STAMP, wanted)
  })
}

/** Vite knows nothing of a parent: without this it would go on when we are killed. */
const ENDS_WITH_US = ['--import', 'data:text/javascript,process.once("disconnect",()=>process.exit())']

/** Vite's server with hot reload, behind the gateway. */
export const viteDefinition = (port: number) => ({
  name: 'vite',
  args: [
    ...ENDS_WITH_US,
    VITE,
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--strictPort',
    '--clearScreen',
    'false',
    FOLDER,
  ],
  env: process.env,
  announcesReady: false,
})

async function hashOfSources(): Promise<string> {
  const hash = createHash('sha256')
  for (const source of SOURCES) await addTo(hash, join(ROOT, source))
  return hash.digest('hex')
}

async function addTo(hash: ReturnType<typeof createHash>, path: string): Promise<void> {
  if (!existsSync(path)) return
  const entries = await readdir(path, { withFileTypes: true }).catch((err: NodeJS.ErrnoException) => {
    if (err.code === 'ENOTDIR') return undefined
    throw err
  })
  if (entries === undefined) {
    hash.update(path.slice(ROOT.length)).update(await readFile(path))
    return
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) await addTo(hash, join(path, entry.name))
}
