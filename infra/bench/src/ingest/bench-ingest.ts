import { nowMicros } from '@webmacs/contracts'
import { describeRun } from '../machine.ts'
import { report, thousands } from '../report.ts'
import { type BenchSite, startSite } from '../site.ts'
import { rawCopyRate } from './raw-copy.ts'
import type { Readings } from './readings.ts'
import { drainRate, sustainedRate } from './writer-rate.ts'

/** Readings of one run, by values a frame: each run takes some seconds. */
const RUNS = [
  { valuesPerFrame: 100, count: 2_000_000 },
  { valuesPerFrame: 10, count: 1_000_000 },
  { valuesPerFrame: 1, count: 200_000 },
] as const
const DAY = 86_400_000_000

/**
 * Drains a backlog against raw COPY of the same rows, then writes while the publisher runs.
 * @param share of the readings, for a try
 */
export async function benchIngest(share = 1): Promise<void> {
  await using site = await startSite()
  const rows: string[][] = []
  for (const run of RUNS) {
    process.stdout.write(`ingest, ${run.valuesPerFrame} values a frame …\n`)
    rows.push(await measure(site, { ...run, count: run.count * share }))
  }
  const { database } = await site.createDatabase('versions')
  await report({
    name: 'ingest',
    title: 'ingest',
    run: await describeRun(site.bus, database),
    columns: [
      'values a frame',
      'raw COPY, rows/s',
      'drain, rows/s',
      'share of raw COPY',
      'sustained with publisher, rows/s',
    ],
    rows,
    notes: `Raw COPY: the same rows, encoded beforehand, in one transaction into an identical partitioned table; mean of one run before and one
after the drain. Drain: an ingest process empties JetStream, with validation, 1-minute rollups, committed ranges and acknowledgements,
20,000 rows a batch; rows and rollups are counted afterwards. Sustained: the publisher (every frame encoded and acknowledged by the broker),
nats-server, PostgreSQL and ingest share the cores; with small frames the publisher is the limit. fsync and synchronous commit are on.`,
  })
}

async function measure(
  site: BenchSite,
  run: { readonly valuesPerFrame: number; readonly count: number },
): Promise<string[]> {
  const suffix = `${run.valuesPerFrame}`
  const start = Math.floor(nowMicros() / DAY) * DAY - DAY
  const fresh = async (kind: string) => {
    const target = await site.createDatabase(`${kind}_${suffix}`)
    const readings: Readings = { ...run, source: `${kind}-${suffix}`, events: target.events, start }
    return { target, readings }
  }
  const before = await fresh('before')
  const rawBefore = await rawCopyRate(before.target, before.readings)
  const drained = await fresh('drain')
  const drain = await drainRate(site, drained.target, drained.readings)
  const after = await fresh('after')
  const rawAfter = await rawCopyRate(after.target, after.readings)
  const together = await fresh('together')
  const sustained = await sustainedRate(site, together.target, together.readings)
  const raw = (rawBefore + rawAfter) / 2
  return [suffix, thousands(raw), thousands(drain), (drain / raw).toFixed(2), thousands(sustained)]
}
