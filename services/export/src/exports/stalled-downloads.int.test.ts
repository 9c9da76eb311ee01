import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { CreatedExport, Export, Problem } from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type ExportSite, startExportSite } from '../testing/export-site.ts'
import { anEvent } from '../testing/measured-data.ts'
import { storeSteadily } from '../testing/steady-data.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

const EVENTS = 30
const MINUTES = 300
/** 540,000 readings: more than what buffers between here and there hold. */
const RANGE = { from: '2026-03-02T10:00:00Z', to: '2026-03-02T15:00:00Z', format: 'jsonl' } as const
const LONG_WAIT = { timeoutMs: 30_000 }
/** What a process has to stop, less what it takes besides. */
const SHUTDOWN_DEADLINE_MS = 9000

let site: ExportSite
beforeAll(async () => {
  site = await startExportSite({ EXPORT_MAX_OPEN: '2', EXPORT_IDLE_SECONDS: '3600' })
  const events = []
  for (let index = 0; index < EVENTS; index++) events.push(await anEvent(site.db, { name: `TT-${100 + index}` }))
  await storeSteadily(site.db, { events, from: Date.parse(RANGE.from) * 1000, minutes: MINUTES })
})
afterAll(() => site[Symbol.asyncDispose]())

const create = async (body: object = {}): Promise<CreatedExport> => {
  const response = await site.request('POST', '/exports', { body: { ...RANGE, ...body } })
  expect(response.status).toBe(201)
  return (await response.json()) as CreatedExport // what the schema says
}
const read = async (id: string): Promise<Export> => (await (await site.get(`/exports/${id}`)).json()) as Export

/** Opens a link and reads nothing but the beginning. */
async function stall(url: string): Promise<IncomingMessage> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { authorization: `Bearer ${site.tokens.viewer}` }
    get(site.url + url, { headers }, resolve).on('error', reject)
  })
  await once(response, 'readable')
  return response
}

test('a stream tells how far it is while it is downloaded', async () => {
  const { public_id, download_url } = await create()
  const download = await stall(download_url)
  const now = await until(
    'it tells',
    async () => {
      const { state, rows, bytes } = await read(public_id)
      return rows > 0 && bytes > 0 ? { state, rows } : undefined
    },
    LONG_WAIT,
  )
  expect(now.state).toBe('running')
  expect(now.rows).toBeLessThan(EVENTS * MINUTES * 60)
  download.destroy()
  await until('it has ended', async () => (await read(public_id)).state === 'failed', LONG_WAIT)
})

test('a stream that finds no room waits on, and its link is good for another try', async () => {
  const others = [await create(), await create()]
  const downloads = await Promise.all(others.map(({ download_url }) => stall(download_url)))
  const { public_id, download_url } = await create({ to: '2026-03-02T10:01:00Z' })
  const refused = await fetch(site.url + download_url)
  expect([refused.status, ((await refused.json()) as Problem).code]).toEqual([429, 'export.too-many'])
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await read(public_id)).toMatchObject({ state: 'waiting', rows: 0, error: null })
  for (const download of downloads) download.destroy()
  const again = await until(
    'there is room',
    async () => {
      const response = await fetch(site.url + download_url)
      if (response.status === 200) return response
      await response.text()
      return undefined
    },
    LONG_WAIT,
  )
  expect((await again.text()).trimEnd().split('\n')).toHaveLength(EVENTS * 60)
})

test('a stop waits for no reader, and gives back what it has not finished', async () => {
  const [stream, file] = [await create(), await create({ delivery: 'file', shape: 'long' })]
  const query = new URLSearchParams(RANGE)
  const downloads = [await stall(stream.download_url), await stall(`/api/v1/export?${query}`)]
  await until('the file is made', async () => (await read(file.public_id)).state === 'running', LONG_WAIT)
  const began = performance.now()
  await site.stop()
  expect(performance.now() - began).toBeLessThan(SHUTDOWN_DEADLINE_MS)
  for (const download of downloads) await expect(buffer(download)).rejects.toThrow('aborted')
  const { rows } = await site.db.pool.query(
    'SELECT state, error, attempts FROM exports WHERE public_id = ANY($1) ORDER BY id',
    [[stream.public_id, file.public_id]],
  )
  expect(rows).toEqual([
    { state: 'failed', error: 'The server stopped while it was made.', attempts: 1 },
    { state: 'waiting', error: null, attempts: 0 },
  ])
  expect(site.logged.filter(({ event }) => event === 'export.ended').slice(-2)).toMatchObject([
    { end: 'stopped' },
    { end: 'stopped' },
  ])
})
