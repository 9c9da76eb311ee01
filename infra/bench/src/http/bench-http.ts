import { fileURLToPath } from 'node:url'
import { API_BASE, type EventId } from '@webmacs/contracts'
import { sql } from 'kysely'
import { describeRun } from '../machine.ts'
import { report, thousands } from '../report.ts'
import { type BenchDatabase, startProgram, startSite } from '../site.ts'
import { type LoadResult, runLoad } from './paced-load.ts'
import { buildPlant, type Plant } from './plant.ts'
import { startSystem } from './system.ts'

const DATAPOINTS = 10_000_000
const BATCH = 500
const WARM_UP_MS = 3000
const DURATION_MS = 20_000
const STORED_DEADLINE_MS = 30_000

/** Telemetry and lists by REST, through the gateway as clients come, beside a server that looks nothing up. */
export async function benchHttp(): Promise<void> {
  await using site = await startSite()
  const target = await site.createDatabase('plant')
  const plant = await buildPlant(target, DATAPOINTS)
  const rows: string[][] = []
  {
    const bare = fileURLToPath(new URL('./bare-server.ts', import.meta.url))
    await using process = await startProgram(bare, [site.natsUrl])
    const url = `http://127.0.0.1:${process.ports.http}`
    rows.push(await measureBatches('bare: parse, publish', url, plant, 20))
    rows.push(await measure('bare: constant answer', 100, get(url, plant, '/')))
  }
  await site.bus.jsm.streams.purge(site.bus.names.streams.readings) // what the bare server published is no frame
  await using system = await startSystem(site, target, plant)
  for (const perSecond of [2, 20]) rows.push(await measureTelemetry(system.url, target, plant, perSecond))
  for (const path of LISTS) rows.push(await measure(`GET ${path}`, 100, get(system.url + API_BASE, plant, path)))
  await report({
    name: 'http',
    title: 'http',
    run: await describeRun(site.bus, target.database),
    columns: ['requests', 'a second', 'p50, ms', 'p95, ms', 'p99, ms', 'sent', 'errors'],
    rows,
    notes: `Through gateway and api, one process each, with ingest storing beside them; 1,000 events, 100 dashboards of eight widgets and
${thousands(DATAPOINTS)} datapoints stored. Batches carry ${BATCH} datapoints of ${BATCH} events; \`latest\` is polled twice a second meanwhile, and
every datapoint is counted in the database afterwards. A request's time counts from the moment it was due. Client, services, PostgreSQL and
nats-server share the cores.`,
  })
}

const LISTS = [
  '/events',
  '/events?page=10&page_size=100',
  '/dashboards',
  '/plugins',
  '/datapoints',
  '/datapoints/latest',
  '/logging',
]

type Send = (turn: number) => Promise<boolean>

const get =
  (url: string, { token }: Plant, path: string): Send =>
  async () => {
    const response = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } })
    await response.arrayBuffer()
    return response.status === 200
  }

function post(url: string, { token, linked }: Plant): Send {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  return async (turn) => {
    const response = await fetch(url, { method: 'POST', headers, body: batchBody(linked, turn) })
    await response.arrayBuffer()
    return response.status === 201
  }
}

function batchBody(events: readonly EventId[], turn: number): string {
  const datapoints = events
    .slice(0, BATCH)
    .map((event, index) => ({ value: turn + index / 1000, event_public_id: event }))
  return JSON.stringify({ datapoints })
}

async function measure(name: string, perSecond: number, send: Send): Promise<string[]> {
  await runLoad({ perSecond, durationMs: WARM_UP_MS, send })
  return row(name, perSecond, await runLoad({ perSecond, durationMs: DURATION_MS, send }))
}

const measureBatches = (name: string, url: string, plant: Plant, perSecond: number): Promise<string[]> =>
  measure(name, perSecond, post(url, plant))

/** Batches while `latest` is polled; fails when a datapoint that was accepted is not stored soon after. */
async function measureTelemetry(
  url: string,
  { database }: BenchDatabase,
  plant: Plant,
  perSecond: number,
): Promise<string[]> {
  const stored = async (): Promise<number> => {
    const { rows } = await sql<{ count: number }>`
      SELECT count(*) FROM datapoints JOIN events ON events.id = event_id
      WHERE public_id = ANY(${[...plant.linked].slice(-400)})`.execute(database.db)
    return rows[0]?.count ?? 0
  }
  const before = await stored()
  const polling = runLoad({
    perSecond: 2,
    durationMs: WARM_UP_MS + DURATION_MS,
    send: get(url + API_BASE, plant, '/datapoints/latest'),
  })
  const send = post(`${url}${API_BASE}/datapoints/batch`, plant)
  const warmUp = await runLoad({ perSecond, durationMs: WARM_UP_MS, send })
  const result = await runLoad({ perSecond, durationMs: DURATION_MS, send })
  await polling
  const expected = before + (warmUp.requests + result.requests) * 400
  const deadline = performance.now() + STORED_DEADLINE_MS
  let found = await stored()
  while (found < expected && performance.now() < deadline) found = await stored()
  if (found !== expected) throw new Error(`${expected} datapoints should be stored, ${found} are`)
  return row(`POST /datapoints/batch, all stored`, perSecond, result)
}

function row(name: string, perSecond: number, { p50, p95, p99, requests, errors }: LoadResult): string[] {
  return [
    name,
    String(perSecond),
    ...[p50, p95, p99].map((value) => value.toFixed(1)),
    String(requests),
    String(errors),
  ]
}
