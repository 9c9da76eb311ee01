import { type Bus, connectBus, registerService } from '@webmacs/bus'
import { openDatabase } from '@webmacs/database'
import {
  createMetrics,
  HealthChecks,
  type Logger,
  type RunningService,
  SERVICE_VERSION,
  type ServiceContext,
  startOpsServer,
} from '@webmacs/service-kit'
import { sql } from 'kysely'
import type { IngestConfig } from './config.ts'
import { AcceptanceLimit } from './frames/acceptance-limit.ts'
import { Maintenance } from './maintenance/maintenance.ts'
import { createMaintenanceMetrics } from './maintenance/metrics.ts'
import { maintenanceTasks } from './maintenance/tasks.ts'
import { createIngestMetrics, type IngestMetrics } from './metrics.ts'
import { startWriter } from './writer.ts'

/** Beside the lanes: one reads watermarks, one looks up events or makes partitions, one deletes, one answers health checks. */
const MORE_CONNECTIONS = 4
const LAG_MS = 5000
const STOP_DEADLINE_MS = 8000

/** Writer: readings from the stream to the database. Any number of these share the work. */
export async function startIngest(config: IngestConfig, { log, signal }: ServiceContext): Promise<RunningService> {
  const bus = await connectBus({
    url: config.NATS_URL,
    prefix: config.WEBMACS_BUS_PREFIX,
    name: 'ingest',
    log,
    signal,
  })
  const database = openDatabase({
    url: config.DATABASE_URL,
    maxConnections: config.BATCH_LANES + MORE_CONNECTIONS,
    applicationName: 'webmacs-ingest',
    onConnectionLost: (err) => log.warn({ event: 'database.connection-lost', err }, 'database connection lost'),
  })
  const registry = createMetrics('ingest')
  const metrics = createIngestMetrics(registry)
  const health = new HealthChecks()
  health.add('broker', () => {
    if (bus.status() !== 'connected') throw new Error('broker cannot be reached')
  })
  health.add('database', async () => {
    await sql`SELECT 1`.execute(database.db)
  })
  const ops = await startOpsServer({ host: config.OPS_HOST, port: config.OPS_PORT, metrics: registry, health })
  const acceptance = new AcceptanceLimit({ database, log, maxDays: config.RETENTION_DAYS })
  const writer = startWriter({
    config,
    bus,
    database,
    metrics,
    acceptance,
    log,
    onFailure: (err) => {
      // The supervisor's restart is the recovery: a writer that fetches nothing must not look alive.
      setImmediate(() => Promise.reject(err))
    },
  })
  const maintenance = new Maintenance({
    databaseUrl: config.DATABASE_URL,
    metrics: createMaintenanceMetrics(registry),
    log: log.child({ part: 'maintenance' }),
    tasks: maintenanceTasks(config),
  })
  // Without a queue group: everyone hears it, and whoever maintains acts on it.
  const work = bus.nc.subscribe(bus.names.subjects.historian('work'), {
    callback: () => {
      acceptance.refresh()
      maintenance.wake()
    },
  })
  const lag = setInterval(() => void readLag(bus, metrics, log), LAG_MS)
  await registerService(bus, { name: 'ingest', version: SERVICE_VERSION, description: 'Readings to the database' })
  return {
    ports: { ops: ops.port },
    stop: async () => {
      work.unsubscribe()
      acceptance.stop()
      await Promise.all([writer.stop(STOP_DEADLINE_MS), maintenance.stop(STOP_DEADLINE_MS)])
      clearInterval(lag)
      await ops.close()
      await bus.close()
      await database.close()
    },
  }
}

async function readLag(bus: Bus, metrics: IngestMetrics, log: Logger): Promise<void> {
  if (bus.status() !== 'connected') return
  try {
    const info = await bus.jsm.consumers.info(bus.names.streams.readings, bus.names.durables.ingest)
    metrics.pending.set(info.num_pending)
    metrics.unacknowledged.set(info.num_ack_pending)
  } catch (err) {
    log.warn({ event: 'ingest.lag-unknown', err }, 'the lag could not be read')
  }
}
