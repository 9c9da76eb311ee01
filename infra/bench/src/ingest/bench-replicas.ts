import { nowMicros } from '@webmacs/contracts'
import { describeRun } from '../machine.ts'
import { report, thousands } from '../report.ts'
import { type BenchDatabase, type BenchProcess, type BenchSite, startProcess, startSite } from '../site.ts'
import { type Readings, SIGNALS } from './readings.ts'
import { checkStored, environment, publishAll, untilDrained } from './writer-rate.ts'

const REPLICAS = [1, 2, 4] as const
const DEFAULT_READINGS = 2_000_000
const SOURCES = 5
const VALUES_PER_FRAME = 100
const HOUR = 3_600_000_000

/** The same backlog, drained by one, two and four processes. */
export async function benchReplicas(readings = DEFAULT_READINGS): Promise<void> {
  await using site = await startSite()
  const rows: string[][] = []
  for (const replicas of REPLICAS) {
    process.stdout.write(`replicas, ${replicas} …\n`)
    rows.push(await measure(site, replicas, readings))
  }
  const { database } = await site.createDatabase('versions')
  await report({
    name: 'replicas',
    title: 'replicas',
    run: await describeRun(site.bus, database),
    columns: ['ingest processes', 'drain, rows/s', 'least and greatest share', 'commits tried again', 'deadlocks'],
    rows,
    notes: `${thousands(readings)} readings of ${SOURCES} sources in frames of ${VALUES_PER_FRAME}, from the moment at which all processes may begin (until then a lock on a table
holds them) until the last acknowledgement. Shares: of the rows, per process. Rows and rollups are counted afterwards.
Processes, nats-server and PostgreSQL share the cores; fsync and synchronous commit are on.`,
  })
}

async function measure(site: BenchSite, replicas: number, count: number): Promise<string[]> {
  const target = await site.createDatabase(`replicas_${replicas}`)
  await using stack = new AsyncDisposableStack()
  const processes: BenchProcess[] = []
  for (let one = 0; one < replicas; one += 1)
    processes.push(stack.use(await startProcess('ingest', environment(site, target))))
  const release = await holdWriters(target)
  for (const source of sourcesOf(target, replicas, count)) await publishAll(site.bus, source)
  const startedAt = performance.now()
  await release()
  await untilDrained(site.bus)
  const seconds = (performance.now() - startedAt) / 1000
  await checkStored(target, count)
  const stored = await Promise.all(processes.map((process) => readMetric(process, 'ingest_rows_total')))
  const retries = await Promise.all(processes.map((process) => readMetric(process, 'ingest_retries_total')))
  const { rows } = await target.database.pool.query<{ deadlocks: number }>(
    'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
  )
  await site.bus.jsm.streams.purge(site.bus.names.streams.readings)
  const share = (rowsOfOne: number): string => (rowsOfOne / count).toFixed(2)
  return [
    String(replicas),
    thousands(count / seconds),
    `${share(Math.min(...stored))} – ${share(Math.max(...stored))}`,
    thousands(retries.reduce((sum, one) => sum + one, 0)),
    String(rows[0]?.deadlocks),
  ]
}

/** Writers read this table first: with it locked they have their first batches in hand and begin together. */
async function holdWriters({ database }: BenchDatabase): Promise<() => Promise<void>> {
  const client = await database.pool.connect()
  await client.query('BEGIN')
  await client.query('LOCK TABLE reading_sources IN ACCESS EXCLUSIVE MODE')
  return async () => {
    await client.query('COMMIT')
    client.release()
  }
}

const sourcesOf = ({ events }: BenchDatabase, replicas: number, count: number): Readings[] =>
  Array.from({ length: SOURCES }, (_, index) => ({
    source: `replicas-${replicas}-${index}`,
    count: count / SOURCES,
    valuesPerFrame: VALUES_PER_FRAME,
    events: events.slice(index * SIGNALS, (index + 1) * SIGNALS),
    start: nowMicros() - 24 * HOUR,
  }))

async function readMetric({ ports }: BenchProcess, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${ports.ops}/metrics`)).text()
  const samples = text.matchAll(new RegExp(`^webmacs_${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))
  return [...samples].reduce((sum, [, value]) => sum + Number(value), 0)
}
