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
const PLUGINS = fileURLToPath(new URL('../plugins', import.meta.url))

/** A controller that reads the recorder, an ingest, and between them and the broker a cable that can be cut. */
export interface Plant extends AsyncDisposable {
  readonly bus: Bus
  readonly db: Database
  /** Between the broker and both. */
  readonly cable: TcpProxy
  readonly events: readonly EventId[]
  start(service: 'controller' | 'ingest'): Promise<void>
  /** -9 */
  kill(service: 'controller' | 'ingest'): Promise<void>
  /** Values that the plugin says it gave, in order. */
  recorded(): Promise<number[]>
  /** A number among the controller's metrics. */
  metric(name: string): Promise<number>
}

export interface PlantOptions {
  readonly channels: number
  readonly intervalMs: number
  readonly environment: Readonly<Record<string, string>>
}

export async function startPlant({ channels, intervalMs, environment }: PlantOptions): Promise<Plant> {
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
  const record = join(folder, 'record')
  const events = await addEvents(db, channels)
  await wantRecorder(bus, { record, events, intervalMs })

  const shared = { PATH: process.env.PATH ?? '', WEBMACS_BUS_PREFIX: prefix, OPS_PORT: '0', LOG_LEVEL: 'fatal' }
  const environments = {
    ingest: { ...shared, NATS_URL: cable.url, DATABASE_URL: servers.databaseUrl },
    controller: {
      ...shared,
      NATS_URL: cable.url,
      WEBMACS_CONTROLLER_ID: CONTROLLER,
      WEBMACS_DATA_DIR: join(folder, 'data'),
      PLUGIN_FOLDERS: JSON.stringify([PLUGINS]),
      ...environment,
    },
  }
  const running = new Map<string, { readonly child: ChildProcess; readonly opsPort: Promise<number> }>()
  starting.defer(async () => {
    await Promise.all([...running.values()].map(({ child }) => ended(child)))
  })
  const plant = {
    bus,
    db,
    cable,
    events,
    start: async (service: 'controller' | 'ingest') => {
      const child = fork(join(ROOT, 'services', service, 'src', 'main.ts'), [], {
        env: environments[service],
        execArgv: [],
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      })
      running.set(service, { child, opsPort: once(child, 'message').then(([{ ports }]) => ports.ops) })
    },
    kill: async (service: 'controller' | 'ingest') => {
      const one = running.get(service)
      if (one !== undefined) await ended(one.child)
    },
    recorded: async () => (await readFile(record, 'utf8')).trim().split('\n').map(Number),
    metric: async (name: string) => {
      const port = await running.get('controller')?.opsPort
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
      return Number(new RegExp(`^webmacs_${name}(?:\\{.*\\})? (\\S+)$`, 'm').exec(text)?.[1])
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

async function wantRecorder(bus: Bus, { record, events, intervalMs }: Wanted): Promise<void> {
  const desired = await openBucket(bus, bus.names.buckets.controllers, DesiredInstance)
  const instance = newId('plg')
  await desired.put(controllerKeys.desired(CONTROLLER, instance), {
    instance,
    name: 'Recorder',
    plugin: 'recorder',
    enabled: true,
    demo_mode: false,
    config: { record, channels: events.length },
    interval_ms: intervalMs,
    channels: events.map((event, index) => ({ channel: `c${index}`, event, direction: 'input', settings: {} })),
  })
}
