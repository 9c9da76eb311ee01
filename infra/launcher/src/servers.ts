import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { busNames } from '@webmacs/contracts'
import { startNats, startPostgres } from '@webmacs/embedded'
import { type NatsUser, natsConfiguration } from '@webmacs/nats-config'
import type { LauncherConfig } from './config.ts'
import { writePrivateFile } from './data-directory.ts'
import { LaunchError } from './launch-error.ts'
import type { Reporter } from './reporter.ts'
import type { Secrets } from './secrets.ts'

/** A server that we started and keep running, or one that was there. */
export interface Server {
  readonly pid: number | null
  readonly isEmbedded: boolean
  stop(): Promise<void>
}

export interface DatabaseServer extends KeptServer {
  /** The services' role. */
  readonly url: string
  /** Superuser, to make role and database; undefined for an existing server. */
  readonly adminUrl: string | undefined
}

export interface NatsServer extends KeptServer {
  readonly url: string
  urlFor(user: NatsUser): string
}

interface Embedded {
  readonly pid: number
  readonly port: number
  readonly exited: Promise<void>
  stop(): Promise<void>
}

/** JetStream reserves what the streams may take; beside them there is room for what later versions add. */
const MAX_FILE_STORE_BYTES = 8 * 1024 ** 3

export async function openDatabaseServer(
  config: LauncherConfig,
  secrets: Secrets,
  reporter: Reporter,
): Promise<DatabaseServer> {
  if (config.databaseUrl !== undefined) return { ...EXISTING, url: config.databaseUrl, adminUrl: undefined }
  const { server, keeper } = await reporter.step('PostgreSQL', async (onProgress) => {
    const start = (port?: number) =>
      startPostgres({
        dataDir: join(config.dataDir, 'postgres'),
        password: secrets.postgresPassword,
        onProgress,
        ...(port && { port }),
      })
    const server = await start()
    return { server, keeper: keepRunning('PostgreSQL', server, start, reporter) }
  })
  const url = new URL(server.url)
  url.username = 'webmacs'
  url.password = secrets.databasePassword
  url.pathname = '/webmacs'
  return Object.assign(keeper, { url: url.href, adminUrl: server.url })
}

export async function openNatsServer(
  config: LauncherConfig,
  secrets: Secrets,
  reporter: Reporter,
): Promise<NatsServer> {
  const { natsUrl } = config
  if (natsUrl !== undefined) return { ...EXISTING, url: natsUrl, urlFor: () => natsUrl }
  const configFile = join(config.dataDir, 'nats.conf')
  const names = busNames(process.env.WEBMACS_BUS_PREFIX || undefined)
  await writePrivateFile(
    configFile,
    natsConfiguration(names, secrets.natsPasswords, { maxFileStoreBytes: MAX_FILE_STORE_BYTES }),
  )
  const { server, keeper } = await reporter.step('NATS', async (onProgress) => {
    const start = (port?: number) =>
      startNats({
        dataDir: join(config.dataDir, 'nats'),
        cacheDir: join(config.dataDir, 'programs'),
        configFile,
        onProgress,
        ...(port && { port }),
      })
    const server = await start()
    return { server, keeper: keepRunning('NATS', server, start, reporter) }
  })
  return Object.assign(keeper, {
    url: server.url,
    urlFor: (user: NatsUser) => server.url.replace('nats://', `nats://${user}:${secrets.natsPasswords[user]}@`),
  })
}

const EXISTING: KeptServer = {
  pid: null,
  isEmbedded: false,
  stop: async () => undefined,
  afterRestart: async () => undefined,
}

const FIRST_RESTART_MS = 500
const MAX_RESTART_MS = 30_000

interface KeptServer extends Server {
  /** Called after each restart that nobody asked for, before anybody may rely on what the server holds. */
  afterRestart: () => Promise<unknown>
}

/** Starts the server again, on the same port and with growing pauses, whenever it ends without having been asked to. */
function keepRunning<T extends Embedded>(
  name: string,
  first: T,
  start: (port: number) => Promise<T>,
  reporter: Reporter,
): KeptServer {
  const stopping = new AbortController()
  let current = first
  let pauseMs = FIRST_RESTART_MS
  const restart = async (): Promise<void> => {
    reporter.warn(`${name} ended; starting it again in ${pauseMs / 1000} s`)
    await delay(pauseMs, undefined, { signal: stopping.signal })
    pauseMs = Math.min(pauseMs * 2, MAX_RESTART_MS)
    current = await start(first.port)
    if (!stopping.signal.aborted) await kept.afterRestart()
  }
  const keep = async (): Promise<void> => {
    for (;;) {
      const startedAt = performance.now()
      await current.exited
      if (stopping.signal.aborted) return
      if (performance.now() - startedAt > MAX_RESTART_MS) pauseMs = FIRST_RESTART_MS
      try {
        await restart()
      } catch (err) {
        if (stopping.signal.aborted) return
        reporter.warn(`${name} cannot be started again: ${err instanceof Error ? err.message : err}`)
      }
    }
  }
  const keeping = keep()
  const kept: KeptServer = {
    get pid() {
      return current.pid
    },
    isEmbedded: true,
    afterRestart: async () => undefined,
    stop: async () => {
      stopping.abort()
      await current.stop()
      await keeping
      await current.stop() // a restart under way when we were asked
    },
  }
  return kept
}

/** Brings schema and streams up to date. @returns the migrations that were run */
export async function prepare(database: DatabaseServer, nats: NatsServer): Promise<readonly string[]> {
  const child = fork(fileURLToPath(new URL('./prepare.ts', import.meta.url)), {
    env: {
      ...process.env,
      DATABASE_URL: database.url,
      NATS_URL: nats.urlFor('provisioner'),
      ...(database.adminUrl !== undefined && { DATABASE_ADMIN_URL: database.adminUrl }),
    },
    silent: true,
    execArgv: [],
  })
  let errors = ''
  child.stderr?.on('data', (chunk) => {
    errors += chunk
  })
  let migrations: readonly string[] = []
  child.on('message', (message: { migrations: readonly string[] }) => {
    migrations = message.migrations
  })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new LaunchError(`Database or broker could not be prepared:\n${errors.trim()}`)
  return migrations
}
