import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Bus, type BusLog, connectBus, provision } from '@webmacs/bus'
import { type EventId, newId } from '@webmacs/contracts'
import { type Database, openDatabase } from '@webmacs/database'
import { startNats, startPostgres } from '@webmacs/embedded'
import { migrateToLatest } from '@webmacs/migrations'
import pg from 'pg'

/** Servers of our own, as durable as an installation's, in a temporary folder. */
export interface BenchSite extends AsyncDisposable {
  readonly natsUrl: string
  readonly bus: Bus
  /** A migrated database that nothing has used yet. */
  createDatabase(name: string): Promise<BenchDatabase>
  /** PostgreSQL goes away, as at an update: whatever is connected is cut. */
  stopDatabases(): Promise<void>
  /** It comes back on the same port with the same data. */
  startDatabases(): Promise<void>
}

export interface BenchDatabase {
  readonly url: string
  readonly database: Database
  readonly events: readonly { readonly id: number; readonly publicId: EventId }[]
}

const EVENTS = 500
/** The launcher starts services with a small young generation, to save memory: so they are measured with it. */
const LAUNCHER_FLAGS = ['--max-semi-space-size=2']
const log: BusLog = {
  info: () => undefined,
  warn: (facts, message) => console.error(message, facts),
  error: (facts, message) => console.error(message, facts),
}

export async function startSite(): Promise<BenchSite> {
  const folder = await mkdtemp(join(tmpdir(), 'webmacs-bench-'))
  const server = { dataDir: join(folder, 'postgres'), password: 'bench' }
  let postgres = await startPostgres({ ...server, port: 0 })
  const nats = await startNats({ dataDir: join(folder, 'nats'), port: 0 })
  const bus = await connectBus({ url: nats.url, name: 'bench', log })
  await provision(bus)
  const opened: Database[] = []
  return {
    natsUrl: nats.url,
    bus,
    createDatabase: async (name) => {
      const url = await createDatabase(postgres.url, name)
      const database = openDatabase({ url, maxConnections: 4, applicationName: 'bench' })
      opened.push(database)
      return { url, database, events: await addEvents(database) }
    },
    stopDatabases: () => postgres.stop(),
    startDatabases: async () => {
      postgres = await startPostgres({ ...server, port: postgres.port })
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(opened.map((database) => database.close()))
      await bus.close()
      await nats.stop()
      await postgres.stop()
      await rm(folder, { recursive: true, force: true })
      await rm(postgres.dataDir, { recursive: true, force: true })
    },
  }
}

async function createDatabase(serverUrl: string, name: string): Promise<string> {
  const admin = new pg.Client({ connectionString: serverUrl })
  await admin.connect()
  await admin.query(`CREATE DATABASE ${name}`)
  await admin.end()
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  await migrateToLatest(url.href)
  return url.href
}

async function addEvents({ db }: Database): Promise<BenchDatabase['events']> {
  const rows = Array.from({ length: EVENTS }, (_, index) => ({
    public_id: newId('evt'),
    name: `Signal ${index}`,
    min_value: 0,
    max_value: 100,
    unit: '°C',
    type: 'sensor' as const,
    user_id: null,
  }))
  return db.insertInto('events').values(rows).returning(['id', 'public_id as publicId']).execute()
}

export interface BenchProcess extends AsyncDisposable {
  readonly pid: number
  readonly ports: { readonly http?: number; readonly ops?: number }
}

/** Starts a service as the launcher does, and waits until it is ready. */
export async function startProcess(service: string, environment: NodeJS.ProcessEnv): Promise<BenchProcess> {
  const main = fileURLToPath(new URL(`../../../services/${service}/src/main.ts`, import.meta.url))
  return startProgram(main, [], environment)
}

/** The same for any program that tells its parent when it is ready. */
export async function startProgram(
  main: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<BenchProcess> {
  const child = fork(main, [...args], {
    execArgv: LAUNCHER_FLAGS,
    env: { ...process.env, OPS_PORT: '0', LOG_LEVEL: 'warn', ...environment },
    stdio: 'inherit',
  })
  const [ready] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`${main} ended with ${code} instead of becoming ready`)
    }),
  ])) as [{ ports: BenchProcess['ports'] }]
  return {
    pid: child.pid ?? 0,
    ports: ready.ports,
    [Symbol.asyncDispose]: async () => {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    },
  }
}
