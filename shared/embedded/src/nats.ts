import { once } from 'node:events'
import { mkdir, readFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { EmbeddedServerError } from './errors.ts'
import { findNatsServer } from './nats-program.ts'
import {
  commandLineOf,
  freePort,
  openLog,
  type ServerProcess,
  spawnServer,
  stopForeign,
  stopServer,
  waitFor,
} from './processes.ts'

export interface NatsOptions {
  /** Folder of the server's files: JetStream's store, pid file, log. */
  readonly dataDir: string
  /** Where an unpacked `nats-server` is kept. Default: `dataDir`. */
  readonly cacheDir?: string
  /** Default and 0: any free port. */
  readonly port?: number
  /** A configuration beside ours: users, limits. Address, port and store are given on the command line. */
  readonly configFile?: string
  readonly onProgress?: (step: string) => void
}

export interface EmbeddedNats {
  /** URL without credentials. */
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Resolves when the server has ended, whoever ended it. */
  readonly exited: Promise<void>
  stop(): Promise<void>
}

const START_DEADLINE_MS = 30_000
const STOP_DEADLINE_MS = 10_000

/** Starts `nats-server` with JetStream on the loopback address. One that an earlier process left running on this folder is stopped first. */
export async function startNats(options: NatsOptions): Promise<EmbeddedNats> {
  const say = options.onProgress ?? (() => undefined)
  await mkdir(options.dataDir, { recursive: true })
  const pidFile = join(options.dataDir, 'nats.pid')
  await stopLeftOver(options.dataDir, pidFile, say)
  const program = await findNatsServer(options.cacheDir ?? options.dataDir, say)
  const port = options.port || (await freePort())
  const logFile = join(options.dataDir, 'nats.log')
  const server = await spawnNats(program, { ...options, port, pidFile, logFile })
  await untilReady(server, port, logFile)
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    pid: server.pid,
    exited: server.exited,
    stop: () =>
      stopServer(server, [
        { signal: 'SIGTERM', deadlineMs: STOP_DEADLINE_MS },
        { signal: 'SIGKILL', deadlineMs: 5000 },
      ]),
  }
}

async function spawnNats(
  program: string,
  options: NatsOptions & { readonly port: number; readonly pidFile: string; readonly logFile: string },
): Promise<ServerProcess> {
  const log = await openLog(options.logFile)
  try {
    const args = [
      ...['--jetstream', '--store_dir', options.dataDir, '--addr', '127.0.0.1', '--port', String(options.port)],
      ...['--pid', options.pidFile],
      ...(options.configFile === undefined ? [] : ['--config', options.configFile]),
    ]
    return await spawnServer(program, args, { stdio: ['ignore', log.fd, log.fd] })
  } finally {
    await log.close()
  }
}

async function untilReady(server: ServerProcess, port: number, logFile: string): Promise<void> {
  const answered = await waitFor(async () => server.hasExited() || (await greets(port)), START_DEADLINE_MS)
  if (answered && !server.hasExited()) return
  await stopServer(server, [{ signal: 'SIGKILL', deadlineMs: 5000 }])
  const lines = (await readFile(logFile, 'utf8')).trim().split('\n')
  const reason = lines.filter((line) => /\[FTL\]|\[ERR\]|nats-server:/.test(line)).at(-1) ?? lines.at(-1)
  throw new EmbeddedServerError(`nats-server did not start. Its log, ${logFile}, ends with: ${reason}`)
}

/** The server's first word on a connection is INFO. */
async function greets(port: number): Promise<boolean> {
  const socket = createConnection({ host: '127.0.0.1', port })
  try {
    const [chunk] = await once(socket, 'data', { signal: AbortSignal.timeout(1000) })
    return String(chunk).startsWith('INFO')
  } catch {
    return false // not listening yet
  } finally {
    socket.destroy()
  }
}

async function stopLeftOver(dataDir: string, pidFile: string, say: (step: string) => void): Promise<void> {
  const pid = Number(await readFile(pidFile, 'utf8').catch(emptyIfMissing))
  if (!Number.isInteger(pid) || pid <= 0 || !(await commandLineOf(pid)).includes(dataDir)) return
  say(`stopping a nats-server that an earlier start left running (process ${pid})`)
  if (await stopForeign(pid, 'SIGTERM', STOP_DEADLINE_MS)) return
  throw new EmbeddedServerError(
    `A nats-server that an earlier start left running does not stop: end process ${pid} and start again.`,
  )
}

function emptyIfMissing(err: NodeJS.ErrnoException): string {
  if (err.code === 'ENOENT') return ''
  throw err
}
