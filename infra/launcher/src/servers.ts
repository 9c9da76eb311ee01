import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
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

export interface DatabaseServer extends Server {
  /** The services' role. */
  readonly url: string
  /** Superuser, to make role and database; undefined for an existing server. */
  readonly adminUrl: string | undefined
}

export interface NatsServer extends Server {
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

const EXISTING: Server = { pid: null, isEmbedded: false, stop: async () => undefined }

/** Starts the server again, on the same port, whenever it ends without having been asked to. */
function keepRunning<T extends Embedded>(
  name: string,
  first: T,
  start: (port: number) => Promise<T>,
  reporter: Reporter,
): Server {
  let current = first
  let isStopping = false
  const watch = (server: T): void => {
    void server.exited.then(async () => {
      if (isStopping) return
      reporter.warn(`${name} ended; starting it again`)
      try {
        current = await start(first.port)
        if (isStopping) await current.stop()
        else watch(current)
      } catch (err) {
        reporter.warn(`${name} cannot be started again: ${err instanceof Error ? err.message : err}`)
      }
    })
  }
  watch(first)
  return {
    get pid() {
      return current.pid
    },
    isEmbedded: true,
    stop: async () => {
      isStopping = true
      await current.stop()
    },
  }
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
