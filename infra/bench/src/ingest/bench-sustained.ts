import { describeRun } from '../machine.ts'
import { readCpuSeconds, readTree } from '../memory/processes.ts'
import { report, thousands } from '../report.ts'
import { type BenchSite, startProcess, startSite } from '../site.ts'
import { watchLag } from './lag-watch.ts'
import { publishPaced } from './paced-publisher.ts'
import { checkStored, environment, untilDrained } from './writer-rate.ts'

const RUNS = [
  { valuesPerFrame: 100, readingsPerSecond: 100_000 },
  { valuesPerFrame: 10, readingsPerSecond: 80_000 },
] as const
const DEFAULT_SECONDS = 300
const KB_PER_MB = 1000

/** Publishes at the rates that the historian has to bear, on the same cores, and looks whether it keeps up. */
export async function benchSustained(seconds = DEFAULT_SECONDS): Promise<void> {
  await using site = await startSite()
  const rows: string[][] = []
  for (const run of RUNS) {
    process.stdout.write(`sustained, ${run.valuesPerFrame} values a frame …\n`)
    rows.push(await measure(site, run, seconds))
  }
  const { database } = await site.createDatabase('versions')
  await report({
    name: 'sustained',
    title: 'sustained',
    run: await describeRun(site.bus, database),
    columns: [
      ...['values a frame', 'wanted, readings/s', 'published, readings/s', 'stored, readings/s'],
      ...['worst lag, s', 'worst lag, readings', 'ingest, cores', 'ingest at the end, MB'],
    ],
    rows,
    notes: `For ${seconds} s each: five sources with 100 signals each, every frame encoded, acknowledged by the broker, validated, stored with its
1-minute rollup and acknowledged one by one; publishers, nats-server, PostgreSQL and one ingest process share the cores. Stored: until the
last reading is committed; rows and rollups are counted afterwards. The lag is the age of the oldest message that is not
committed, looked at four times a second. Memory is the proportional set size. fsync and synchronous commit are on.`,
  })
}

async function measure(site: BenchSite, run: (typeof RUNS)[number], seconds: number): Promise<string[]> {
  const name = `sustained_${run.valuesPerFrame}`
  const target = await site.createDatabase(name)
  await using ingest = await startProcess('ingest', environment(site, target))
  const lag = watchLag(site.bus)
  const startedAt = performance.now()
  const cpuBefore = await readCpuSeconds(ingest.pid)
  const published = await publishPaced(site.bus, target.events, { ...run, name, durationMs: seconds * 1000 })
  await untilDrained(site.bus)
  const took = (performance.now() - startedAt) / 1000
  const cores = ((await readCpuSeconds(ingest.pid)) - cpuBefore) / took
  await lag.stop()
  const [memory] = await readTree(ingest.pid, new Set())
  await checkStored(target, published.readings)
  await site.bus.jsm.streams.purge(site.bus.names.streams.readings)
  return [
    String(run.valuesPerFrame),
    thousands(run.readingsPerSecond),
    thousands(published.readings / published.seconds),
    thousands(published.readings / took),
    lag.worst.seconds.toFixed(1),
    thousands(lag.worst.messages * run.valuesPerFrame),
    cores.toFixed(2),
    thousands((memory?.pssKb ?? 0) / KB_PER_MB),
  ]
}
