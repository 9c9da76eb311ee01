import { existsSync } from 'node:fs'
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { EmbeddedServerError } from './errors.ts'
import { findPlace, type PostgresPlace } from './postgres-place.ts'
import {
  commandLineOf,
  freePort,
  openLog,
  run,
  type ServerProcess,
  spawnServer,
  stopForeign,
  stopServer,
  waitFor,
} from './processes.ts'

export interface PostgresOptions {
  /** Folder of the cluster; made at the first start. As root it may end up elsewhere, see `EmbeddedPostgres.dataDir`. */
  readonly dataDir: string
  /** Default and 0: any free port. */
  readonly port?: number
  /** Of the superuser `postgres`; fixed at the first start. */
  readonly password: string
  /** Server settings beside ours, for example `{ fsync: 'off' }` in tests. */
  readonly settings?: Readonly<Record<string, string>>
  readonly onProgress?: (step: string) => void
}

export interface EmbeddedPostgres {
  /** Superuser's URL of the database `postgres`. */
  readonly url: string
  readonly port: number
  readonly pid: number
  readonly dataDir: string
  /** Resolves when the server has ended, whoever ended it. */
  readonly exited: Promise<void>
  stop(): Promise<void>
}

const START_DEADLINE_MS = 60_000
const STOP_DEADLINE_MS = 20_000

/** For a small machine: the operating system's cache does the rest. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '128MB',
  max_connections: '60',
  max_wal_size: '2GB',
  wal_compression: 'on',
  jit: 'off',
  password_encryption: 'scram-sha-256',
  log_destination: 'stderr',
} as const

/**
 * Starts PostgreSQL 18 from the npm packages, on the loopback address. One that an earlier process left running on this folder is stopped
 * first.
 * @throws EmbeddedServerError that says what to do
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const say = options.onProgress ?? (() => undefined)
  const place = await findPlace(options.dataDir, say)
  await stopLeftOver(place.cluster, say)
  if (!existsSync(join(place.cluster, 'PG_VERSION'))) await initialise(place, options.password, say)
  const port = options.port || (await freePort())
  const server = await spawnPostgres(place, port, options.settings ?? {})
  await untilReady(place.cluster, server)
  return {
    url: `postgresql://postgres:${encodeURIComponent(options.password)}@127.0.0.1:${port}/postgres`,
    port,
    pid: server.pid,
    dataDir: place.cluster,
    exited: server.exited,
    stop: () =>
      stopServer(server, [
        { signal: 'SIGINT', deadlineMs: STOP_DEADLINE_MS }, // fast: open transactions are rolled back
        { signal: 'SIGQUIT', deadlineMs: 5000 }, // immediate: the next start recovers from the log
      ]),
  }
}

const logFileOf = (cluster: string): string => `${cluster}.log`

/** A cluster is made beside its place and moved there when it is complete: a first start cut short leaves nothing that looks like one. */
async function initialise(
  { programs, cluster, runAs }: PostgresPlace,
  password: string,
  say: (step: string) => void,
): Promise<void> {
  say('creating the database cluster')
  const fresh = `${cluster}.new`
  const passwordFile = `${cluster}.password`
  await rm(fresh, { recursive: true, force: true })
  await mkdir(fresh, { mode: 0o700 })
  await writeFile(passwordFile, password, { mode: 0o600 })
  try {
    if (runAs !== undefined) for (const path of [fresh, passwordFile]) await chown(path, runAs.uid, runAs.gid)
    // An uninstalled locale of the environment fails initdb, and LANG=C gives SQL_ASCII: both are said explicitly.
    const args = [
      ...[
        '--pgdata',
        fresh,
        '--username=postgres',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
      ],
      ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C', '--no-instructions'],
    ]
    await run(join(programs, 'bin', 'initdb'), args, { env: serverEnvironment(), ...credentials(runAs) })
  } catch (err) {
    throw new EmbeddedServerError(explainInitFailure(err, cluster), err)
  } finally {
    await rm(passwordFile, { force: true })
  }
  await rename(fresh, cluster)
}

function explainInitFailure(err: unknown, cluster: string): string {
  const output = String((err as { stderr?: string }).stderr ?? err)
  if (/No space left/i.test(output))
    return `The disk is full: free at least 200 MB below ${dirname(cluster)} and start again.`
  return `The database cluster could not be made in ${cluster}: ${output.trim().split('\n').at(-1)}`
}

async function spawnPostgres(
  { programs, cluster, runAs }: PostgresPlace,
  port: number,
  extra: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  const log = await openLog(logFileOf(cluster))
  try {
    const settings = Object.entries({ ...SETTINGS, ...extra }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    return await spawnServer(join(programs, 'bin', 'postgres'), ['-D', cluster, '-p', String(port), ...settings], {
      env: serverEnvironment(),
      stdio: ['ignore', log.fd, log.fd],
      ...credentials(runAs),
    })
  } finally {
    await log.close()
  }
}

/** Nothing of ours leaks into the server, and no PG… variable changes what it does. */
const serverEnvironment = (): NodeJS.ProcessEnv => ({ PATH: process.env.PATH, TZ: 'UTC', LC_ALL: 'C' })

const credentials = (runAs: PostgresPlace['runAs']) => (runAs === undefined ? {} : { uid: runAs.uid, gid: runAs.gid })

/** The server writes `ready` as the eighth line of its pid file when it accepts connections. */
async function untilReady(cluster: string, server: ServerProcess): Promise<void> {
  const pidFile = join(cluster, 'postmaster.pid')
  const isReady = async (): Promise<boolean> => server.hasExited() || (await linesOf(pidFile))[7]?.trim() === 'ready'
  const answered = await waitFor(isReady, START_DEADLINE_MS)
  if (answered && !server.hasExited()) return
  await stopServer(server, [{ signal: 'SIGQUIT', deadlineMs: 5000 }])
  const log = (await linesOf(logFileOf(cluster))).filter((line) => /FATAL|PANIC|ERROR|HINT/.test(line))
  if (log.some((line) => /No space left/i.test(line))) {
    throw new EmbeddedServerError(`The disk is full: free some space below ${dirname(cluster)} and start again.`)
  }
  throw new EmbeddedServerError(
    `PostgreSQL did not start. Its log, ${logFileOf(cluster)}, ends with: ${log.slice(-3).join(' ').trim()}`,
  )
}

/** After a kill -9 of whoever started it, the server runs on and holds its folder. */
async function stopLeftOver(cluster: string, say: (step: string) => void): Promise<void> {
  const pid = Number((await linesOf(join(cluster, 'postmaster.pid')))[0])
  // After a reboot the id may belong to anything, even to the machine's own PostgreSQL: the folder tells them apart.
  if (!Number.isInteger(pid) || pid <= 0 || !(await commandLineOf(pid)).includes(cluster)) return
  say(`stopping a PostgreSQL that an earlier start left running (process ${pid})`)
  if (await stopForeign(pid, 'SIGINT', STOP_DEADLINE_MS)) return
  throw new EmbeddedServerError(
    `A PostgreSQL that an earlier start left running does not stop: end process ${pid} and start again.`,
  )
}

async function linesOf(file: string): Promise<string[]> {
  try {
    return (await readFile(file, 'utf8')).split('\n')
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw err
  }
}
