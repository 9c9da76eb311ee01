import { setTimeout as delay } from 'node:timers/promises'
import { describeRun } from '../machine.ts'
import { readTree } from '../memory/processes.ts'
import { report, thousands } from '../report.ts'
import { startProcess, startSite } from '../site.ts'
import { watchLag } from './lag-watch.ts'
import { publishPaced } from './paced-publisher.ts'
import { checkStored, environment, untilDrained } from './writer-rate.ts'

const DEFAULT_SECONDS = 60
const RATE = 20_000
const VALUES_PER_FRAME = 100
const BEFORE_S = 10
/** Readings come on, so the lag is never quite zero: a batch that is under way. */
const CAUGHT_UP_S = 0.5
const KB_PER_MB = 1000

/** PostgreSQL stops while readings come, and starts again: how soon is all stored that waited? */
export async function benchOutage(seconds = DEFAULT_SECONDS): Promise<void> {
  await using site = await startSite()
  const target = await site.createDatabase('outage')
  await using ingest = await startProcess('ingest', { ...environment(site, target), LOG_LEVEL: 'error' })
  const memoryOf = async (): Promise<number> => (await readTree(ingest.pid, new Set()))[0]?.pssKb ?? 0
  const pace = { name: 'outage', readingsPerSecond: RATE, valuesPerFrame: VALUES_PER_FRAME }
  const publishing = publishPaced(site.bus, target.events, { ...pace, durationMs: (BEFORE_S + 2 * seconds) * 1000 })
  const lag = watchLag(site.bus)
  await delay(BEFORE_S * 1000)
  const memoryBefore = await memoryOf()
  await site.stopDatabases()
  await delay(seconds * 1000)
  const memoryAway = await memoryOf()
  const startingAt = performance.now()
  await site.startDatabases()
  const backAt = performance.now()
  await lag.untilBelow(CAUGHT_UP_S)
  const caughtUpAt = performance.now()
  const published = await publishing
  await untilDrained(site.bus)
  await lag.stop()
  await checkStored(target, published.readings)
  await report({
    name: 'outage',
    title: 'outage',
    run: await describeRun(site.bus, target.database),
    columns: [
      ...[
        'readings/s',
        'PostgreSQL away, s',
        'its start, s',
        'worst lag, readings',
        'worst lag, s',
        'caught up after, s',
      ],
      ...['ingest before, MB', 'while away, MB'],
    ],
    rows: [
      [
        ...[thousands(RATE), String(seconds), ((backAt - startingAt) / 1000).toFixed(1)],
        ...[thousands(lag.worst.messages * VALUES_PER_FRAME), lag.worst.seconds.toFixed(0)],
        ((caughtUpAt - backAt) / 1000).toFixed(1),
        ...[thousands(memoryBefore / KB_PER_MB), thousands(memoryAway / KB_PER_MB)],
      ],
    ],
    notes: `PostgreSQL is stopped while readings come in frames of ${VALUES_PER_FRAME}, and started again; they go on coming meanwhile and afterwards. Caught up: from
the moment at which PostgreSQL takes connections until the oldest reading that is not committed is younger than ${CAUGHT_UP_S} s; the bar is
10 s. Rows and rollups are counted afterwards. All share the cores; fsync and synchronous commit are on.`,
  })
}
