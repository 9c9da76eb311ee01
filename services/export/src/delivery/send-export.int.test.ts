import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { formatTime, parseTime } from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { startExport } from '../app.ts'
import { loadExportConfig } from '../config.ts'
import { type ExportSite, startExportSite } from '../testing/export-site.ts'
import { anEvent, store, storeMany, type TestEvent } from '../testing/measured-data.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const START = parseTime('2026-10-01T00:00:00Z') ?? 0
/** So many that no buffers between here and there hold the file. */
const SECONDS = 60_000

let site: ExportSite
let events: TestEvent[]
beforeAll(async () => {
  site = await startExportSite({ EXPORT_MAX_OPEN: '2' })
  events = [
    await anEvent(site.db, { name: `one ${'.'.repeat(240)}` }),
    await anEvent(site.db, { name: `two ${'.'.repeat(240)}` }),
  ]
  await storeMany(site.db, { events, from: START, seconds: SECONDS })
})
afterAll(() => site[Symbol.asyncDispose]())
afterEach(() => until('no snapshot is held', async () => (await openSnapshots()) === 0, { timeoutMs: 60_000 }))

const RANGE = `from=${formatTime(START)}&to=${formatTime(START + SECONDS * 1_000_000)}`

/** Transactions of exports that the database knows of. */
async function openSnapshots(): Promise<number> {
  const { rows } = await site.db.pool.query(
    `SELECT count(*) AS count FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'webmacs-export-rows' AND state <> 'idle'`,
  )
  return rows[0].count
}

async function gauge(name: string): Promise<number> {
  const text = await (await fetch(`${site.opsUrl}/metrics`)).text()
  return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1])
}

/** A client that reads only when it is told to. */
const ask = (
  path = `/export?${RANGE}`,
  headers: Record<string, string> = {},
  url = site.url,
): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const authorization = `Bearer ${site.tokens.viewer}`
    get(`${url}/api/v1${path}`, { headers: { authorization, ...headers } }, resolve).on('error', reject)
  })

const ended = (end: string) => site.logged.findLast((entry) => entry.event === 'export.ended' && entry.end === end)

test('sends all of it to a client that reads, and tells beforehand how much that is', async () => {
  const response = await site.get(`/export?${RANGE}`)
  expect(response.headers.get('x-expected-rows')).toBe(String(2 * SECONDS))
  const text = await response.text()
  expect(text.split('\r\n')).toHaveLength(2 * SECONDS + 2)
  expect(text.slice(-200)).toContain(`,${events[1]?.id},`)
  expect(await gauge('webmacs_exports_open')).toBe(0)
})

test('compresses for clients that take it so, and says that answers differ by that', async () => {
  const query = `/export?from=${formatTime(START)}&to=${formatTime(START + 600_000_000)}`
  const plain = await ask(query)
  const zipped = await ask(query, { 'accept-encoding': 'br, gzip' })
  expect([plain.headers['content-encoding'], zipped.headers['content-encoding']]).toEqual([undefined, 'gzip'])
  expect(plain.headers.vary).toContain('Accept-Encoding')
  expect(zipped.headers['content-disposition']).toBe('attachment; filename="export_2026-10-01T000000Z.csv"')
  const [text, bytes] = [await buffer(plain), await buffer(zipped)]
  expect(gunzipSync(bytes).equals(text)).toBe(true)
  expect(bytes.length).toBeLessThan(text.length / 4)
  expect((await ask(query, { 'accept-encoding': 'gzip;q=0' })).headers['content-encoding']).toBeUndefined()
})

test('shows the database as it was when the export began, whatever is written and deleted meanwhile', async () => {
  const before = await buffer(await ask())
  const response = await ask()
  await once(response, 'readable')
  const last = START + (SECONDS - 1) * 1_000_000
  const [one] = events as [TestEvent]
  await store(site.db, [{ event: one, time: last + 1, value: 1 }])
  await site.db.pool.query('DELETE FROM datapoints WHERE event_id = $1 AND ts = $2', [one.key, formatTime(last)])
  expect((await buffer(response)).equals(before)).toBe(true)
  const after = await buffer(await ask())
  expect(after.equals(before)).toBe(false)
})

test('makes no more than a client takes, and all of it when it reads on', async () => {
  const before = await gauge('webmacs_export_bytes_total')
  const response = await ask()
  await once(response, 'readable')
  const made = await until('nothing more is made', async () => {
    const count = await gauge('webmacs_export_bytes_total')
    return (await gauge('webmacs_export_bytes_total')) === count ? count - before : undefined
  })
  expect(await openSnapshots()).toBe(1)
  const { length } = await buffer(response)
  // What was made ahead is in the buffers of sockets.
  expect(made).toBeLessThan(length * 0.7)
  expect((await gauge('webmacs_export_bytes_total')) - before).toBe(length)
})

test('ends the query of a client that leaves', async () => {
  const response = await ask()
  await once(response, 'readable')
  expect(await openSnapshots()).toBe(1)
  response.destroy()
  await until('the database is let go', async () => (await openSnapshots()) === 0)
  await until('it is told', () => ended('left'))
})

test('cuts a client that reads nothing for too long', async () => {
  const other = await startExport(loadExportConfig({ ...site.environment, EXPORT_IDLE_SECONDS: '1' }), {
    log: site.log,
    signal: new AbortController().signal,
  })
  try {
    const response = await ask(undefined, {}, `http://127.0.0.1:${other.ports.http}`)
    await once(response, 'readable')
    await until('it is told', () => ended('idle'), { timeoutMs: 60_000 })
    await expect(buffer(response)).rejects.toThrow('aborted')
  } finally {
    await other.stop()
  }
})

test('refuses more exports at once than it may have, until one has ended', async () => {
  const first = await ask()
  const second = await ask()
  await Promise.all([once(first, 'readable'), once(second, 'readable')])
  const third = await site.get(`/export?${RANGE}`)
  expect(third.status).toBe(429)
  expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await third.json()).toMatchObject({ code: 'export.too-many' })
  first.destroy()
  const short = `/export?from=${formatTime(START)}&to=${formatTime(START + 1_000_000)}`
  await until('there is room', async () => (await site.get(short)).status === 200)
  second.destroy()
})

test('answers HEAD with what would come, and makes none of it', async () => {
  const response = await fetch(`${site.url}/api/v1/export?${RANGE}`, {
    method: 'HEAD',
    headers: { authorization: `Bearer ${site.tokens.viewer}` },
  })
  expect(response.status).toBe(200)
  expect(response.headers.get('x-expected-rows')).toMatch(/^\d{6}$/)
  expect(await response.text()).toBe('')
})

test('lets a page of another origin read the headers', async () => {
  const origin = 'http://localhost:5173'
  const response = await site.get(`/export?from=${formatTime(START)}&to=${formatTime(START + 1)}`, {
    headers: { origin },
  })
  expect(response.headers.get('access-control-allow-origin')).toBe(origin)
  expect(response.headers.get('access-control-expose-headers')).toContain('X-Expected-Rows')
  await response.text()
})
