import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Bus, connectBus, openBucket, provision } from '@webmacs/bus'
import { controllerKeys, DesiredInstance, type EventId, newId } from '@webmacs/contracts'
import { type Database, openDatabase } from '@webmacs/database'
import { migrateToLatest } from '@webmacs/migrations'
import { quietLog, startTcpProxy, startTestServers, type TcpProxy } from '@webmacs/testing'
import { ROOT } from '../system.ts'

const CONTROLLER = 'lab-1'
export const ADMIN = { email: 'admin@example.com', password: 'correct horse battery' } as const
const API = {
  PORT: '0',
  SECRET_KEY: 'a secret that only these tests know, at least',
  WEBMACS_AUTO_SEED: 'false',
  INITIAL_ADMIN_EMAIL: ADMIN.email,
  INITIAL_ADMIN_PASSWORD: ADMIN.password,
}
const PLUGINS = fileURLToPath(new URL('../plugins', import.meta.url))

type Service = 'controller' | 'ingest' | 'api'

/** A controller that reads the recorder, an ingest, an api, and between them and the servers cables that can be cut. */
export interface Plant extends AsyncDisposable {
  readonly bus: Bus
  readonly db: Database
  /** Between the broker and controller and ingest. */
  readonly cable: TcpProxy
  /** Between the database and ingest. */
  readonly databaseCable: TcpProxy
  readonly events: readonly EventId[]
  start(service: Service): Promise<void>
  /** Where the api listens, when it is ready. */
  apiUrl(): Promise<string>
  /** -9 */
  kill(service: Service): Promise<void>
  /** Values that the plugin says it gave, in order. */
  recorded(): Promise<number[]>
  /** A number among a service's metrics, the controller's when left out. */
  metric(name: string, service?: Service): Promise<number>
}

export interface PlantOptions {
  readonly channels: number
  readonly intervalMs: number
  /** More variables of the controller. */
  readonly environment: Readonly<Record<string, string>>
  /** More variables of ingest. */
  readonly ingest?: Readonly<Record<string, string>>
}

export async function startPlant({ channels, intervalMs, environment, ingest }: PlantOptions): Promise<Plant> {
  await using starting = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'webmacs-cable-'))
  starting.defer(() => rm(folder, { recursive: true, force: true }))
  const servers = await startTestServers()
  starting.defer(() => servers.stop())
  await migrateToLatest(servers.databaseUrl)
  const db = openDatabase({ url: servers.databaseUrl, maxConnections: 2, applicationName: 'test' })
  starting.defer(() => db.close())
  const prefix = 'cable'
  const bus = await connectBus({ url: servers.natsUrl, prefix, name: 'test', log: quietLog })
  starting.defer(() => bus.close())
  await provision(bus)
  const cable = await startTcpProxy(servers.natsUrl)
  starting.use(cable)
  const databaseCable = await startTcpProxy(servers.databaseUrl)
  starting.use(databaseCable)
  const record = join(folder, 'record')
  const events = await addEvents(db, channels)
  await wantRecorder(bus, db, { record, events, intervalMs })

  const shared = { PATH: process.env.PATH ?? '', WEBMACS_BUS_PREFIX: prefix, OPS_PORT: '0', LOG_LEVEL: 'fatal' }
  const environments = {
    ingest: { ...shared, NATS_URL: cable.url, DATABASE_URL: databaseCable.url, ...ingest },
    api: { ...shared, ...API, NATS_URL: servers.natsUrl, DATABASE_URL: servers.databaseUrl },
    controller: {
      ...shared,
      NATS_URL: cable.url,
      WEBMACS_CONTROLLER_ID: CONTROLLER,
      WEBMACS_DATA_DIR: join(folder, 'data'),
      PLUGIN_FOLDERS: JSON.stringify([PLUGINS]),
      ...environment,
    },
  }
  const running = new Map<
    Service,
    { readonly child: ChildProcess; readonly ports: Promise<{ ops: number; http: number }> }
  >()
  starting.defer(async () => {
    await Promise.all([...running.values()].map(({ child }) => ended(child)))
  })
  const plant = {
    bus,
    db,
    cable,
    databaseCable,
    events,
    start: async (service: Service) => {
      const child = fork(join(ROOT, 'services', service, 'src', 'main.ts'), [], {
        env: environments[service],
        execArgv: [],
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      })
      running.set(service, { child, ports: once(child, 'message').then(([{ ports }]) => ports) })
    },
    kill: async (service: Service) => {
      const one = running.get(service)
      if (one !== undefined) await ended(one.child)
    },
    recorded: async () => (await readFile(record, 'utf8')).trim().split('\n').map(Number),
    apiUrl: async () => `http://127.0.0.1:${(await running.get('api')?.ports)?.http}/api/v1`,
    metric: async (name: string, service: Service = 'controller') => {
      const ports = await running.get(service)?.ports
      const text = await (await fetch(`http://127.0.0.1:${ports?.ops}/metrics`)).text()
      return Number(new RegExp(`^(?:webmacs_)?${name}(?:\\{.*\\})? (\\S+)$`, 'm').exec(text)?.[1])
    },
  }
  const stack = starting.move()
  return { ...plant, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

async function addEvents(db: Database, count: number): Promise<EventId[]> {
  const ids = Array.from({ length: count }, () => newId('evt'))
  await db.pool.query(
    `INSERT INTO events (public_id, name, min_value, max_value, unit, type) SELECT id, id, 0, 1e15, 'ms', 'sensor' FROM unnest($1::text[]) AS id`,
    [ids],
  )
  return ids
}

interface Wanted {
  readonly record: string
  readonly events: readonly EventId[]
  readonly intervalMs: number
}

/** As the api would tell it, whether it runs or not. */
async function wantRecorder(bus: Bus, db: Database, { record, events, intervalMs }: Wanted): Promise<void> {
  const desired = await openBucket(bus, bus.names.buckets.controllers, DesiredInstance)
  const instance = newId('plg')
  const config = { record, channels: events.length }
  await db.pool.query(
    `WITH controller AS (INSERT INTO controllers (name) VALUES ($1) RETURNING id),
      instance AS (
        INSERT INTO plugin_instances
          (public_id, controller_id, plugin_id, instance_name, demo_mode, enabled, config, interval_ms, auto_create_events)
        SELECT $2, id, 'recorder', 'Recorder', false, true, $3, $4, false FROM controller RETURNING id)
    INSERT INTO channel_mappings (public_id, instance_id, channel_id, channel_name, direction, unit, event_id)
    SELECT 'map_' || lpad(n::text, 12, '0'), instance.id, 'c' || n - 1, 'Channel', 'input', 'ms', events.id
    FROM instance, unnest($5::text[]) WITH ORDINALITY AS linked (event, n) JOIN events ON events.public_id = event`,
    [CONTROLLER, instance, config, intervalMs, events],
  )
  await desired.put(controllerKeys.desired(CONTROLLER, instance), {
    instance,
    name: 'Recorder',
    plugin: 'recorder',
    enabled: true,
    demo_mode: false,
    config,
    interval_ms: intervalMs,
    channels: events.map((event, index) => ({ channel: `c${index}`, event, direction: 'input', settings: {} })),
  })
}
