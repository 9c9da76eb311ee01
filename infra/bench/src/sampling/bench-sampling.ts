import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { until } from '@webmacs/testing'
import { percentile } from '../latency/percentiles.ts'
import { describeRun } from '../machine.ts'
import { readCpuSeconds, readTree } from '../memory/processes.ts'
import { report, thousands } from '../report.ts'
import { startProcess, startSite } from '../site.ts'
import { runBareTimer } from './run-bare-timer.ts'
import { SampleWatch } from './sample-watch.ts'
import { INSTANCES, INTERVAL_MS, SIGNALS, wantReactors } from './ten-reactors.ts'

const ALONE_MS = 15_000
const WARM_UP_MS = 15_000
const DURATION_MS = 120_000
const START_PATIENCE_MS = 120_000

/** When ten processes of a controller read 500 channels at 5 Hz, beside a process that has a timer and nothing else. */
export async function benchSampling(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'webmacs-bench-controller-'))
  await using cleaning = new AsyncDisposableStack()
  cleaning.defer(() => rm(folder, { recursive: true, force: true }))
  await using site = await startSite()
  const target = await site.createDatabase('sampling')
  const run = await describeRun(site.bus, target.database)
  const alone = await runBareTimer(INTERVAL_MS, ALONE_MS)
  const watch = new SampleWatch(site.bus, INTERVAL_MS, await wantReactors(site, target))
  await using _ingest = await startProcess('ingest', { NATS_URL: site.natsUrl, DATABASE_URL: target.url })
  await using controller = await startProcess('controller', { NATS_URL: site.natsUrl, WEBMACS_DATA_DIR: folder })
  await until(`${SIGNALS} channels report`, () => watch.reporting === SIGNALS, { timeoutMs: START_PATIENCE_MS })
  await delay(WARM_UP_MS)

  const before = await usageOf(controller.pid)
  const overrunsBefore = await readOverruns(controller.ports.ops)
  watch.begin()
  const startedMs = performance.now()
  const measured = runBareTimer(INTERVAL_MS, DURATION_MS)
  await delay(DURATION_MS / 2)
  const halfway = await usageOf(controller.pid)
  const beside = await measured
  const seconds = (performance.now() - startedMs) / 1000
  const { readMs, arrivedMs, readings, ticks } = watch.seen()
  const after = await usageOf(controller.pid)
  const overruns = (await readOverruns(controller.ports.ops)) - overrunsBefore

  const due = Math.floor((seconds * 1000) / INTERVAL_MS) * INSTANCES
  const cores = (after.cpuSeconds - before.cpuSeconds) / seconds
  await report({
    name: 'sampling',
    title: 'sampling',
    run,
    columns: ['behind the tick', 'p50, ms', 'p95, ms', 'p99, ms', 'worst, ms', 'ticks'],
    rows: [
      lateness('bare timer, alone', alone),
      lateness('bare timer, beside the controller', beside),
      lateness('frame time: the driver is called', readMs),
      lateness('the frame arrives through the broker', arrivedMs),
    ],
    notes: `${SIGNALS} channels at ${1000 / INTERVAL_MS} Hz over ${INSTANCES} simulated instances of one controller, each in a process of its own, for ${Math.round(seconds)} s, with
nats-server, PostgreSQL and ingest on the same cores. The limit is p99 of the bare timer at the same time; the bar is 20 ms.
${thousands(ticks)} cycles of ${thousands(due)} that were due, ${overruns} overruns, ${thousands(readings / seconds)} readings/s. Processor of the controller with its ${after.processes - 1} processes:
${cores.toFixed(2)} cores (bar: 0.50), of them ${((after.ownCpuSeconds - before.ownCpuSeconds) / seconds).toFixed(2)} the controller itself. Memory (PSS) of all: ${mib(before.pssKb)} MiB at the start, ${mib(halfway.pssKb)} halfway, ${mib(after.pssKb)} at
the end; the controller itself ${[before, halfway, after].map(({ ownPssKb }) => mib(ownPssKb)).join(', ')} MiB.`,
  })
}

function lateness(name: string, samples: readonly number[]): string[] {
  const shares = [0.5, 0.95, 0.99, 1].map((share) => percentile(samples, share).toFixed(1))
  return [name, ...shares, thousands(samples.length)]
}

const mib = (kb: number): string => String(Math.round(kb / 1024))

/** Of a controller and the processes of its plugins. */
async function usageOf(pid: number) {
  const tree = await readTree(pid, new Set())
  const cpu = await Promise.all(tree.map((process) => readCpuSeconds(process.pid)))
  return {
    processes: tree.length,
    pssKb: tree.reduce((sum, { pssKb }) => sum + pssKb, 0),
    ownPssKb: tree.find((process) => process.pid === pid)?.pssKb ?? 0,
    cpuSeconds: cpu.reduce((sum, seconds) => sum + seconds, 0),
    ownCpuSeconds: await readCpuSeconds(pid),
  }
}

/** Cycles that the controller's instances have left out. */
async function readOverruns(port: number | undefined): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const counts = [...metrics.matchAll(/^controller_overruns_total\{.*\} (\d+)/gm)]
  return counts.reduce((sum, [, count]) => sum + Number(count), 0)
}
