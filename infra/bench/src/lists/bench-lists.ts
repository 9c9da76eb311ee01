import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { createTokenKey, signToken } from '@webmacs/auth'
import { API_BASE, formatTime, newId, nowMicros } from '@webmacs/contracts'
import { runLoad } from '../http/paced-load.ts'
import { startSystem } from '../http/system.ts'
import { percentile } from '../latency/percentiles.ts'
import { describeRun } from '../machine.ts'
import { report, thousands } from '../report.ts'
import { type BenchDatabase, startProgram, startSite } from '../site.ts'
import { fillHistory } from './fill-history.ts'

const TURNS = 200
const WARM_UP_TURNS = 20
const LATEST_PER_SECOND = 20
const LATEST_MS = 20_000
const HOUR = 3_600_000_000

/** Lists of datapoints and the latest values, through the gateway as clients come, beside a server that answers the same amount from memory. */
export async function benchLists(datapoints: number): Promise<void> {
  await using site = await startSite()
  const target = await site.createDatabase('lists')
  const started = performance.now()
  await fillHistory(target, datapoints)
  const filledS = (performance.now() - started) / 1000
  const reader = await aReader(target)
  const rows: string[][] = []
  for (const entries of [50, 500]) {
    const bare = fileURLToPath(new URL('../http/bare-server.ts', import.meta.url))
    await using process = await startProgram(bare, [site.natsUrl, String(entries)])
    rows.push(
      await measure(`bare: constant answer of ${entries}`, reader.get(`http://127.0.0.1:${process.ports.http}/`), ''),
    )
  }
  await using system = await startSystem(site, target, reader)
  const base = system.url + API_BASE
  const event = target.events[7]?.publicId
  const recently = formatTime(nowMicros() - 2 * HOUR)
  const cursor = await cursorOf(reader.get(`${base}/datapoints?page=1000&page_size=50`))
  for (const [name, query, bar] of [
    ['first page', 'page_size=50', '20'],
    ['first page', 'page_size=100', '20'],
    ['thousandth page', 'page=1000&page_size=50', '50'],
    ['thousandth page', 'page=1000&page_size=100', '50'],
    ['page at the far end', `skip=${Math.floor(datapoints * 0.9)}&limit=50`, ''],
    ['page behind a cursor', `page_size=100&cursor=${cursor}`, ''],
    ['one event', `page_size=50&event=${event}`, ''],
    ['one event, thousandth page', `page_size=50&page=1000&event=${event}`, ''],
    ['a range', `page_size=50&to=${recently}`, ''],
    ['only good', 'page_size=50&quality=good', ''],
    ['only bad', 'page_size=50&quality=bad', ''],
  ] as const) {
    rows.push(
      await measure(
        `${name}: ${query.replace(cursor, '…').replace(event ?? '', '…')}`,
        reader.get(`${base}/datapoints?${query}`),
        bar,
      ),
    )
  }
  const latest = reader.get(`${base}/datapoints/latest`)
  rows.push(await measure('latest, one after another', latest, '10'))
  const { p50, p95, p99, errors } = await runLoad({
    perSecond: LATEST_PER_SECOND,
    durationMs: LATEST_MS,
    send: async () => (await latest()).ok,
  })
  if (errors > 0) throw new Error(`${errors} requests for the latest values failed`)
  rows.push([`latest, ${LATEST_PER_SECOND} a second`, ...[p50, p95, p99].map((ms) => ms.toFixed(1)), '10'])
  await report({
    name: 'lists',
    title: 'lists',
    run: await describeRun(site.bus, target.database),
    columns: ['request', 'p50, ms', 'p95, ms', 'p99, ms', 'bar of p95, ms'],
    rows,
    notes: `Through gateway and api, one process each; ${target.events.length} events at 1 Hz, ${thousands(datapoints)} datapoints stored in order of
time with the rollups of all levels (filled in ${filledS.toFixed(0)} s), one in a thousand bad. ${TURNS} requests one after another, until the last
byte; \`latest\` has a value of each event.`,
  })
}

interface Fetched {
  readonly ok: boolean
  readonly body: string
}

async function aReader({ database }: BenchDatabase) {
  const user = await database.db
    .insertInto('users')
    .values({ public_id: newId('usr'), email: 'bench@example.com', username: 'bench', role: 'viewer' })
    .returning('public_id')
    .executeTakeFirstOrThrow()
  const secret = randomBytes(32).toString('hex')
  const session = { user: user.public_id, role: 'viewer', version: 1, lifetimeMinutes: 600 } as const
  const { token } = await signToken(createTokenKey(secret), session)
  const headers = { authorization: `Bearer ${token}` }
  const get = (url: string) => async (): Promise<Fetched> => {
    const response = await fetch(url, { headers })
    return { ok: response.status === 200, body: await response.text() }
  }
  return { secret, get }
}

async function cursorOf(get: () => Promise<Fetched>): Promise<string> {
  return JSON.parse((await get()).body).next_cursor
}

async function measure(name: string, get: () => Promise<Fetched>, bar: string): Promise<string[]> {
  const times: number[] = []
  for (let turn = 0; turn < WARM_UP_TURNS + TURNS; turn += 1) {
    const startedAt = performance.now()
    const { ok, body } = await get()
    if (!ok) throw new Error(`${name}: ${body.slice(0, 500)}`)
    if (turn >= WARM_UP_TURNS) times.push(performance.now() - startedAt)
  }
  return [name, ...[0.5, 0.95, 0.99].map((share) => percentile(times, share).toFixed(1)), bar]
}
