import { setTimeout as delay } from 'node:timers/promises'
import type { Bus } from '@webmacs/bus'
import { type BenchDatabase, type BenchSite, startProcess } from '../site.ts'
import { frameTexts, type Readings } from './readings.ts'

/** Publishes in flight: enough to keep the broker busy. */
const WINDOW = 256
const POLL_MS = 10

/** Publishes all frames, each acknowledged by the broker. */
export async function publishAll(bus: Bus, readings: Readings): Promise<void> {
  const ofSource = function* (): Generator<[string, string], void, void> {
    for (const text of frameTexts(readings)) yield [readings.source, text]
  }
  await publishTexts(bus, ofSource())
}

/** Publishes frames, each with the name of its source, and each acknowledged by the broker. */
export async function publishTexts(bus: Bus, texts: Iterable<readonly [string, string]>): Promise<void> {
  const inFlight = new Set<Promise<unknown>>()
  for (const [source, text] of texts) {
    const subject = bus.names.subjects.readings(source)
    const publishing: Promise<unknown> = bus.js.publish(subject, text).finally(() => inFlight.delete(publishing))
    inFlight.add(publishing)
    if (inFlight.size >= WINDOW) await Promise.race(inFlight)
  }
  await Promise.all(inFlight)
}

/** @returns rows a second that an ingest process drains from a stream that is full when it becomes ready */
export async function drainRate(site: BenchSite, target: BenchDatabase, readings: Readings): Promise<number> {
  await publishAll(site.bus, readings)
  await using _ingest = await startProcess('ingest', environment(site, target))
  const startedAt = performance.now()
  await untilDrained(site.bus)
  const seconds = (performance.now() - startedAt) / 1000
  await checkStored(target, readings.count)
  return readings.count / seconds
}

/** @returns rows a second from the first publish to the last commit, publisher and writer sharing the processor */
export async function sustainedRate(site: BenchSite, target: BenchDatabase, readings: Readings): Promise<number> {
  await using _ingest = await startProcess('ingest', environment(site, target))
  const startedAt = performance.now()
  await publishAll(site.bus, readings)
  await untilDrained(site.bus)
  const seconds = (performance.now() - startedAt) / 1000
  await checkStored(target, readings.count)
  return readings.count / seconds
}

export const environment = (site: BenchSite, target: BenchDatabase): NodeJS.ProcessEnv => ({
  NATS_URL: site.natsUrl,
  DATABASE_URL: target.url,
})

export async function untilDrained(bus: Bus): Promise<void> {
  for (;;) {
    const info = await bus.jsm.consumers.info(bus.names.streams.readings, bus.names.durables.ingest)
    if (info.num_pending === 0 && info.num_ack_pending === 0) return
    await delay(POLL_MS)
  }
}

/** A rate of something that did not arrive is no rate. */
export async function checkStored({ database }: BenchDatabase, expected: number): Promise<void> {
  const { rows } = await database.pool.query<{ rows: number; in_rollups: number }>(
    'SELECT (SELECT count(*) FROM datapoints) AS rows, (SELECT sum(count)::int8 FROM datapoint_rollups) AS in_rollups',
  )
  if (rows[0]?.rows !== expected || rows[0].in_rollups !== expected)
    throw new Error(`${expected} rows were sent, ${rows[0]?.rows} stored, ${rows[0]?.in_rollups} in rollups`)
}
