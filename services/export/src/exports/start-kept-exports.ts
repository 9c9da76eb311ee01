import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Bus } from '@webmacs/bus'
import { API_BASE } from '@webmacs/contracts'
import { type Database, openDatabase } from '@webmacs/database'
import type { HttpServer } from '@webmacs/http-kit/server'
import type { Logger } from '@webmacs/service-kit'
import type { ExportConfig } from '../config.ts'
import type { Delivery } from '../delivery/send-export.ts'
import { ExportDirectory } from '../files/export-directory.ts'
import { FileMaker } from '../files/file-maker.ts'
import { sweepExports } from '../files/sweep.ts'
import { downloadRoute } from './download-route.ts'
import { ExportNews } from './export-news.ts'
import { KeptExports } from './kept-exports.ts'
import { keptExportRoutes } from './routes.ts'
import { UnderWay } from './under-way.ts'

export interface StartKeptExportsOptions {
  readonly config: ExportConfig
  readonly http: HttpServer
  readonly bus: Bus
  readonly database: Database
  readonly delivery: Delivery
  readonly log: Logger
}

const SWEEP_INTERVAL_MS = 15_000
const MB = 1_000_000

/** Registers the routes of exports that are asked for first, and makes the files among them until it is disposed of. */
export async function startKeptExports(options: StartKeptExportsOptions): Promise<AsyncDisposable> {
  const { config, http, bus, database, delivery, log } = options
  const { db } = database
  const name = `${hostname()}:${process.pid}:${randomUUID()}`
  const directory = new ExportDirectory({
    path: config.EXPORT_DIR,
    maxBytes: config.EXPORT_DIR_MAX_MB * MB,
    reserveBytes: config.EXPORT_DISK_RESERVE_MB * MB,
  })
  await directory.prepare()
  const snapshots = openDatabase({
    url: config.DATABASE_URL,
    maxConnections: 1, // one file at a time
    applicationName: 'webmacs-export-files',
    onConnectionLost: (err) => log.warn({ event: 'database.connection-lost', err }, 'connection to the database lost'),
  })
  const news = new ExportNews(bus, log)
  const underWay = new UnderWay()
  const keptSeconds = config.EXPORT_KEEP_HOURS * 3600
  const maker = new FileMaker({ database, snapshots, directory, news, underWay, log, name, keptSeconds })
  news.onNews(({ verb, id }) => {
    if (verb === 'cancelled') underWay.cancel(id)
  })
  const kept = new KeptExports({
    ...{ database, directory, maker, news, underWay },
    lifetimeSeconds: { stream: config.EXPORT_LINK_MINUTES * 60, file: keptSeconds },
    mostPerUser: config.EXPORT_MAX_PER_USER,
  })
  await http.register(keptExportRoutes(kept), { prefix: API_BASE })
  await http.register(downloadRoute({ db, directory, streams: { db, delivery, news, underWay, log, name } }), {
    prefix: API_BASE,
  })
  news.start()
  maker.start()
  const stopping = new AbortController()
  const sweeping = sweepExports({ db, directory, news, log, intervalMs: SWEEP_INTERVAL_MS }, stopping.signal)
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      await Promise.all([maker.stop(), underWay.stop()])
      await sweeping
      news.stop()
      await snapshots.close()
    },
  }
}
