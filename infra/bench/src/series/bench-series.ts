import { randomBytes } from 'node:crypto'
import { createTokenKey, signToken } from '@webmacs/auth'
import { API_BASE, ARROW_STREAM, formatTime, type Micros, newId, nowMicros, parseTime } from '@webmacs/contracts'
import type { Database } from '@webmacs/database'
import { percentile } from '../latency/percentiles.ts'
import { describeRun } from '../machine.ts'
import { report, thousands } from '../report.ts'
import { startProcess, startSite } from '../site.ts'
import { fillHistory, type HistorySize } from './history.ts'

export interface SeriesBenchSize {
  readonly events: number
  readonly rawDays: number
  readonly rollupDays: number
  /** Requests of each kind. */
  readonly requests: number
}

const MINUTE: Micros = 60_000_000
const HOUR: Micros = 60 * MINUTE
const DAY: Micros = 24 * HOUR
const WARM_UP = 5
const COLUMNS = ['request', 'read from', 'p50, ms', 'p95, ms', 'p99, ms', 'bare scan p50, ms', 'answer, kB']

/** Charts of twenty events over ranges of any length, asked of an api process, beside bare scans of the same rows. */
export async function benchSeries(size: SeriesBenchSize): Promise<void> {
  await using site = await startSite()
  const { url: databaseUrl, database, events: all } = await site.createDatabase('plant')
  const events = all.slice(0, size.events)
  const to = Math.floor(nowMicros() / HOUR) * HOUR
  const history: HistorySize = { events, to, rawDays: size.rawDays, rollupDays: size.rollupDays }
  const began = performance.now()
  await fillHistory(database, history)
  process.stdout.write(`filled in ${Math.round((performance.now() - began) / 1000)} s\n`)
  const secret = randomBytes(32).toString('hex')
  const token = await aToken(database, secret)
  await using api = await startProcess('api', {
    ...{ DATABASE_URL: databaseUrl, NATS_URL: site.natsUrl, SECRET_KEY: secret },
    ...{ PORT: '0', WEBMACS_AUTO_SEED: 'false' },
  })
  const bench = { size, history, database, token, url: `http://127.0.0.1:${api.ports.http}${API_BASE}` }
  const rows: string[][] = []
  for (const range of RANGES) {
    rows.push(await measureColumns(bench, range, 'application/json'))
    if (range.withArrow) rows.push(await measureColumns(bench, range, ARROW_STREAM))
  }
  for (const minutes of [60, 14_400]) rows.push(await measureRecent(bench, minutes))
  await report({
    name: 'series',
    title: 'series',
    run: await describeRun(site.bus, database),
    columns: COLUMNS,
    rows,
    notes: `${size.events} events at 1 Hz: ${size.rawDays} days of readings (${thousands(size.events * size.rawDays * 86_400)} rows) and ${size.rollupDays} days of rollups, those before the
readings made from the same formula; all hours closed. One request after the other through one api process, each range moved by a minute, ${size.requests} of each kind; min,
max and mean of every interval. Bare scan: one statement that only adds up the same rows in the database, without intervals and answers.`,
  })
}

interface Bench {
  readonly size: SeriesBenchSize
  readonly history: HistorySize
  readonly database: Database
  readonly token: string
  readonly url: string
}

interface Range {
  readonly name: string
  readonly span: Micros
  readonly maxPoints: number
  readonly withArrow?: boolean
}

const RANGES: readonly Range[] = [
  { name: '1 minute', span: MINUTE, maxPoints: 500, withArrow: true },
  { name: '1 hour', span: HOUR, maxPoints: 500 },
  { name: '1 day', span: DAY, maxPoints: 500 },
  { name: '10 days', span: 10 * DAY, maxPoints: 500, withArrow: true },
  { name: '10 days', span: 10 * DAY, maxPoints: 2000, withArrow: true },
  { name: '100 days', span: 100 * DAY, maxPoints: 500, withArrow: true },
]

interface Told {
  readonly resolution: number
  readonly read_from: number
  readonly from: string
  readonly to: string
}

async function measureColumns(bench: Bench, range: Range, accept: string): Promise<string[]> {
  const { history, size } = bench
  const bodyOf = (turn: number) => {
    const to = history.to - turn * MINUTE
    const ids = history.events.map(({ publicId }) => publicId)
    return { event_public_ids: ids, from: formatTime(to - range.span), to: formatTime(to), max_points: range.maxPoints }
  }
  const told: Told = JSON.parse((await post(bench, '/series', bodyOf(0), 'application/json')).toString())
  const { times, bytes } = await timesOf(size.requests, (turn) => post(bench, '/series', bodyOf(turn), accept))
  const form = accept === ARROW_STREAM ? 'Arrow' : 'JSON'
  const source = told.read_from === 0 ? 'readings' : `${told.read_from} s`
  return row(`${range.name}, ${range.maxPoints} points, ${form}`, source, times, await bareScan(bench, told), bytes)
}

/** The route of WebMACS 2: its points are datapoints with ids. */
async function measureRecent(bench: Bench, minutes: number): Promise<string[]> {
  const { history, size } = bench
  const body = { event_public_ids: history.events.map(({ publicId }) => publicId), minutes, max_points: 500 }
  const { times, bytes } = await timesOf(size.requests, () =>
    post(bench, '/datapoints/series', body, 'application/json'),
  )
  const level = minutes > 1440 ? 3600 : 60
  const from = formatTime(history.to - minutes * MINUTE)
  const bare = await bareScan(bench, { resolution: level, read_from: level, from, to: formatTime(history.to) })
  return row(`/datapoints/series, ${minutes} minutes`, `${level} s`, times, bare, bytes)
}

async function timesOf(requests: number, ask: (turn: number) => Promise<Buffer>) {
  const times: number[] = []
  let bytes = 0
  for (let turn = 0; turn < WARM_UP + requests; turn++) {
    const began = performance.now()
    bytes = (await ask(turn)).length
    if (turn >= WARM_UP) times.push(performance.now() - began)
  }
  return { times, bytes }
}

async function post({ url, token }: Bench, path: string, body: object, accept: string): Promise<Buffer> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept }
  const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  const answer = Buffer.from(await response.arrayBuffer())
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${answer.toString().slice(0, 300)}`)
  return answer
}

async function bareScan({ history, database, size }: Bench, { read_from, from, to }: Told): Promise<number> {
  const keys = history.events.map(({ id }) => id)
  const end = Math.min(parseTime(to) ?? history.to, history.to)
  const readings =
    'SELECT count(*), min(value), max(value), sum(value) FROM datapoints WHERE event_id = ANY($1) AND ts >= $2 AND ts < $3'
  const rollups = `
    SELECT count(*), min(min), max(max), sum(sum) FROM datapoint_rollups
    WHERE event_id = ANY($1) AND bucket >= $2 AND bucket < $3 AND resolution = ${read_from}`
  const { times } = await timesOf(size.requests, async () => {
    await database.pool.query(read_from === 0 ? readings : rollups, [keys, from, formatTime(end)])
    return Buffer.alloc(0)
  })
  return percentile(times, 0.5)
}

function row(name: string, source: string, times: readonly number[], bare: number, bytes: number): string[] {
  const shares = [0.5, 0.95, 0.99].map((share) => percentile(times, share).toFixed(1))
  return [name, source, ...shares, bare.toFixed(1), thousands(bytes / 1000)]
}

async function aToken({ db }: Database, secret: string): Promise<string> {
  const user = newId('usr')
  await db
    .insertInto('users')
    .values({ public_id: user, email: 'bench@example.com', username: 'bench', role: 'viewer' })
    .execute()
  const { token } = await signToken(createTokenKey(secret), { user, role: 'viewer', version: 1, lifetimeMinutes: 600 })
  return token
}
