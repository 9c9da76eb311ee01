import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '@webmacs/embedded'

export const ROOT = resolve(fileURLToPath(new URL('../../../', import.meta.url)))

/** What `runtime.json` tells of the parts that tests look at. */
export interface RunningSystem {
  readonly pid: number
  readonly url: string
  readonly database: { readonly url: string; readonly pid: number }
  readonly nats: { readonly url: string; readonly operatorUrl: string; readonly pid: number }
  readonly services: Readonly<
    Record<string, { readonly pid: number; readonly restarts: number; readonly opsPort: number }>
  >
}

export interface System extends AsyncDisposable {
  readonly url: string
  readonly dataDir: string
  readonly child: ChildProcess
  /** All that was printed so far. */
  output(): string
  runtime(): Promise<RunningSystem>
  /** Ctrl-C; resolves with the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

export interface SystemOptions {
  readonly dataDir?: string
  readonly port?: number
  readonly env?: NodeJS.ProcessEnv
}

const READY = 'Ready in'
const START_DEADLINE_MS = 180_000

/** A folder for one system's data, which PostgreSQL's user may enter. */
export async function makeDataDir(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'webmacs-system-'))
  await chmod(folder, 0o711)
  return join(folder, 'data')
}

export const removeDataDir = (dataDir: string): Promise<void> =>
  rm(resolve(dataDir, '..'), { recursive: true, force: true })

/** Runs what `npm start` runs, and collects what it prints. */
export async function launch(options: SystemOptions = {}): Promise<System> {
  const dataDir = options.dataDir ?? (await makeDataDir())
  const port = options.port ?? (await freePort())
  const child = spawn(process.execPath, [join(ROOT, 'infra', 'launcher', 'bootstrap.mjs'), 'start'], {
    cwd: ROOT,
    env: { ...withoutServers(process.env), WEBMACS_DATA_DIR: dataDir, WEBMACS_PORT: String(port), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (chunk: string) => {
      output += chunk
    })
  }
  const exited = once(child, 'close').then(([code]) => code as number | null)
  const stop = async (signal: NodeJS.Signals = 'SIGINT') => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    return exited
  }
  return {
    url: `http://127.0.0.1:${port}`,
    dataDir,
    child,
    output: () => output,
    runtime: async () => JSON.parse(await readFile(join(dataDir, 'runtime.json'), 'utf8')),
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop()
      if (options.dataDir === undefined) await removeDataDir(dataDir)
    },
  }
}

/** Launches and waits until everything is ready. @throws Error with what was printed when it is not */
export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const system = await launch(options)
  await untilPrinted(system, READY)
  return system
}

/** Waits until the text was printed. @throws Error with all that was printed when the system ends first, or the deadline passes */
export function untilPrinted({ child, output }: System, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (what: string): void => settle(() => reject(new Error(`${what} "${text}":\n${output()}`)))
    const look = (): void => {
      if (output().includes(text)) settle(resolve)
    }
    const end = (): void => fail('the system ended instead of printing')
    const timer = setTimeout(() => fail(`within ${START_DEADLINE_MS / 1000} s nobody printed`), START_DEADLINE_MS)
    const settle = (how: () => void): void => {
      clearTimeout(timer)
      child.stdout?.off('data', look)
      child.off('close', end)
      how()
    }
    child.stdout?.on('data', look)
    child.once('close', end)
    look()
  })
}

/** Servers of the integration tests are not this system's. */
function withoutServers(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { DATABASE_URL, NATS_URL, ...rest } = env
  return rest
}
