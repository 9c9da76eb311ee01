import { type ChildProcess, fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { CreatedExport, Export, Problem } from '@webmacs/contracts'
import { startTcpProxy, until } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ExportSite, startExportSite } from '../testing/export-site.ts'
import { anEvent, type TestEvent } from '../testing/measured-data.ts'
import { storeSteadily } from '../testing/steady-data.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
const FROM = Date.parse('2026-03-02T10:00:00Z') * 1000
const MINUTES = 300
const EVENTS = 50
const LONG_WAIT = { timeoutMs: 60_000 }
const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

let site: ExportSite
let events: TestEvent[]
let made: CreatedExport
let content: Buffer

/** 18,000 readings, unless it says otherwise. */
const create = async (body: object = {}): Promise<CreatedExport> => {
  const selection = {
    delivery: 'file',
    from: '2026-03-02T10:00:00Z',
    to: '2026-03-02T15:00:00Z',
    events: [events[0]?.id],
  }
  const response = await site.request('POST', '/exports', { body: { ...selection, ...body } })
  expect(response.status).toBe(201)
  return (await response.json()) as CreatedExport // what the schema says
}
/** 900,000 readings: long enough to come between. */
const createLarge = (): Promise<CreatedExport> => create({ events: undefined, format: 'jsonl' })
const read = async (id: string): Promise<Export> => (await (await site.get(`/exports/${id}`)).json()) as Export
const reached = (id: string, state: Export['state']): Promise<Export> =>
  until(
    `the export is ${state}`,
    async () => {
      const now = await read(id)
      return now.state === state ? now : undefined
    },
    LONG_WAIT,
  )
const underWay = (id: string): Promise<Export> =>
  until(
    'some of it is made',
    async () => {
      const now = await read(id)
      return now.state === 'running' && now.rows > 0 ? now : undefined
    },
    LONG_WAIT,
  )
const open = (url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> =>
  fetch(site.url + url, { method, headers })
const fileOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer())

beforeAll(async () => {
  site = await startExportSite()
  events = []
  for (let index = 0; index < EVENTS; index++) events.push(await anEvent(site.db, { name: `TT-${100 + index}` }))
  await storeSteadily(site.db, { events, from: FROM, minutes: MINUTES })
  made = await create()
  await reached(made.public_id, 'done')
  content = await fileOf(await open(made.download_url))
}, 120_000)
afterAll(() => site[Symbol.asyncDispose]())

test('makes a file that tells its rows, bytes and SHA-256, and can be had as often as one likes', async () => {
  expect(await read(made.public_id)).toMatchObject({
    ...{ state: 'done', rows: 18_000, expected_rows: 18_000, bytes: content.length, sha256: hashOf(content) },
  })
  expect(content.toString().trimEnd().split('\n')).toHaveLength(18_001)
  const again = await open(made.download_url)
  expect(again.status).toBe(200)
  expect(Object.fromEntries(again.headers)).toMatchObject({
    'accept-ranges': 'bytes',
    'content-length': String(content.length),
    'content-type': expect.stringContaining('text/csv'),
    etag: `"${hashOf(content)}"`,
  })
  expect(hashOf(await fileOf(again))).toBe(hashOf(content))
})

test.each([
  ['bytes=0-99', 0, 99],
  ['bytes=100-', 100, undefined],
  ['bytes=-7', -7, undefined],
  ['bytes=5-5', 5, 5],
  ['bytes=10-999999999', 10, undefined],
])('answers the range %s with that part', async (range, start, end) => {
  const response = await open(made.download_url, { range })
  const first = start < 0 ? content.length + start : start
  const last = end ?? content.length - 1
  expect(response.status).toBe(206)
  expect(response.headers.get('content-range')).toBe(`bytes ${first}-${last}/${content.length}`)
  expect(response.headers.get('content-length')).toBe(String(last - first + 1))
  expect(await fileOf(response)).toEqual(content.subarray(first, last + 1))
})

test('refuses a range beyond the end, and takes one that it does not understand as none', async () => {
  const beyond = await open(made.download_url, { range: `bytes=${content.length}-` })
  expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${content.length}`])
  expect(((await beyond.json()) as Problem).code).toBe('request.range')
  for (const range of ['bytes=9-2', 'lines=1-2', 'nonsense', 'bytes=0-1,5-6']) {
    expect((await open(made.download_url, { range })).status).toBe(200)
  }
})

test('sends the rest only of the same file, and nothing to who has it all', async () => {
  const etag = `"${hashOf(content)}"`
  const since = async (condition: string): Promise<number> =>
    (await open(made.download_url, { range: 'bytes=10-', 'if-range': condition })).status
  expect(await since(etag)).toBe(206)
  expect(await since('"another"')).toBe(200)
  const modified = (await open(made.download_url, {}, 'HEAD')).headers.get('last-modified') ?? ''
  expect(await since(modified)).toBe(206)
  expect((await open(made.download_url, { 'if-none-match': etag })).status).toBe(304)
  const head = await open(made.download_url, {}, 'HEAD')
  expect([head.status, head.headers.get('content-length')]).toEqual([200, String(content.length)])
})

test('a download that was cut is taken up where it ended, and gives the same file', async () => {
  const large = await create({ events: events.slice(0, 10).map(({ id }) => id) })
  const { sha256, bytes } = await reached(large.public_id, 'done')
  await using proxy = await startTcpProxy(site.url)
  const url = new URL(large.download_url, proxy.url).href
  const parts: Uint8Array[] = []
  let length = 0
  const cut = async (): Promise<void> => {
    const response = await fetch(url)
    for await (const part of response.body ?? []) {
      parts.push(part)
      length += part.length
      if (length > 1_000_000) proxy.cut()
    }
  }
  await expect(cut()).rejects.toThrow()
  expect(length).toBeLessThan(bytes)
  const rest = await fetch(url, { headers: { range: `bytes=${length}-`, 'if-range': `"${sha256}"` } })
  expect(rest.status).toBe(206)
  expect(hashOf(Buffer.concat([...parts, await fileOf(rest)]))).toBe(sha256)
}, 90_000)

test('a file is not there before it is made', async () => {
  const { public_id, download_url } = await createLarge()
  const early = await open(download_url)
  expect([early.status, ((await early.json()) as Problem).code]).toEqual([409, 'export.not-ready'])
  await site.request('DELETE', `/exports/${public_id}`)
})

test('cancelled in the middle, it ends at once: its query, and its file', async () => {
  const { public_id, download_url } = await createLarge()
  await underWay(public_id)
  expect((await site.request('DELETE', `/exports/${public_id}`)).status).toBe(200)
  expect(await read(public_id)).toMatchObject({ state: 'cancelled' })
  await until(
    'its files are gone',
    async () => !(await readdir(site.directory)).some((name) => name.startsWith(public_id)),
  )
  await until('its query is gone', async () => {
    const { rowCount } = await site.db.pool.query(
      `SELECT 1 FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'webmacs-export-files' AND state <> 'idle'`,
    )
    return rowCount === 0
  })
  expect((await open(download_url)).status).toBe(410)
}, 90_000)

test('removes a file that is deleted, and one that expires', async () => {
  const [deleted, expired] = [await create(), await create()]
  await reached(deleted.public_id, 'done')
  await reached(expired.public_id, 'done')
  await site.request('DELETE', `/exports/${deleted.public_id}`)
  await site.db.pool.query(`UPDATE exports SET expires_on = now() - interval '1 s' WHERE public_id = $1`, [
    expired.public_id,
  ])
  expect((await open(expired.download_url)).status).toBe(410)
  for (const { public_id, download_url } of [deleted, expired]) {
    await reached(public_id, 'expired')
    await until(
      'its file is gone',
      async () => !(await readdir(site.directory)).some((name) => name.startsWith(public_id)),
      LONG_WAIT,
    )
    expect((await open(download_url)).status).toBe(410)
  }
}, 90_000)

test('fails with a sentence where the files would take more than they may, and makes no more then', async () => {
  await using small = await startExportSite({ EXPORT_DIR_MAX_MB: '1' })
  const event = await anEvent(small.db)
  await storeSteadily(small.db, { events: [event], from: FROM, minutes: MINUTES })
  const body = { delivery: 'file', from: '2026-03-02T10:00:00Z', to: '2026-03-02T15:00:00Z' }
  const ask = async (): Promise<Response> => await small.request('POST', '/exports', { body })
  const { public_id, download_url } = (await (await ask()).json()) as CreatedExport
  const ended = await until(
    'it has ended',
    async () => {
      const now = (await (await small.get(`/exports/${public_id}`)).json()) as Export
      return now.ended_on === null ? undefined : now
    },
    LONG_WAIT,
  )
  expect(ended).toMatchObject({ state: 'failed', error: expect.stringContaining('room') })
  expect(await readdir(small.directory)).toEqual([])
  const failed = await fetch(small.url + download_url)
  expect([failed.status, ((await failed.json()) as Problem).code]).toEqual([409, 'export.failed'])
  await small.db.pool.query(`UPDATE exports SET state = 'done', bytes = 1000000 WHERE public_id = $1`, [public_id])
  const refused = await ask()
  expect([refused.status, ((await refused.json()) as Problem).code]).toEqual([507, 'export.no-space'])
}, 90_000)

test('a file whose query was cut is given back at once, and made anew', async () => {
  const { public_id } = await createLarge()
  await underWay(public_id)
  await site.db.pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'webmacs-export-files'`,
  )
  await until('it is noticed', () => site.logged.some(({ event }) => event === 'exports.files-waiting'), LONG_WAIT)
  const { rows } = await site.db.pool.query(
    'SELECT attempts = 1 AND claimed_until > now() AS is_held FROM exports WHERE public_id = $1',
    [public_id],
  )
  expect(rows).toEqual([{ is_held: false }])
  await reached(public_id, 'done')
}, 120_000)

test('a file whose maker is killed is made by another process, from the start', async () => {
  await using stack = new AsyncDisposableStack()
  await using alone = await startExportSite()
  for (let index = 0; index < EVENTS; index++) await anEvent(alone.db, { name: `TT-${index}` })
  const { rows: keys } = await alone.db.pool.query('SELECT id AS key FROM events')
  await storeSteadily(alone.db, { events: keys, from: FROM, minutes: MINUTES })
  await alone.stop()
  const startProcess = async (): Promise<{ child: ChildProcess; url: string }> => {
    const env = { ...process.env, ...alone.environment, LOG_LEVEL: 'fatal' }
    const child = fork(MAIN, { env, stdio: 'inherit' })
    stack.defer(() => void child.kill('SIGKILL'))
    const [message] = await once(child, 'message')
    return { child, url: `http://127.0.0.1:${message.ports.http}/api/v1` }
  }
  const headers = { authorization: `Bearer ${alone.tokens.viewer}`, 'content-type': 'application/json' }
  const body = { delivery: 'file', format: 'jsonl', from: '2026-03-02T10:00:00Z', to: '2026-03-02T15:00:00Z' }

  const first = await startProcess()
  const response = await fetch(`${first.url}/exports`, { method: 'POST', headers, body: JSON.stringify(body) })
  const created = (await response.json()) as CreatedExport
  const row = async () =>
    (await alone.db.db.selectFrom('exports').selectAll().where('public_id', '=', created.public_id).execute())[0]
  await until('some of it is made', async () => ((await row())?.rows ?? 0) > 0, LONG_WAIT)
  const exited = once(first.child, 'exit')
  first.child.kill('SIGKILL')
  await exited
  expect(await row()).toMatchObject({ state: 'running', attempts: 1 })

  const second = await startProcess()
  await until('it is made', async () => (await row())?.state === 'done', { timeoutMs: 120_000 })
  expect(await row()).toMatchObject({ attempts: 2, rows: EVENTS * MINUTES * 60 })
  const file = await fileOf(await fetch(new URL(created.download_url, second.url)))
  expect(hashOf(file)).toBe((await row())?.sha256)
  expect(file.toString().trimEnd().split('\n')).toHaveLength(EVENTS * MINUTES * 60)
  await until('what the first one left is gone', async () => (await readdir(alone.directory)).length === 1, LONG_WAIT)
  const ended = once(second.child, 'exit')
  second.child.kill('SIGTERM')
  expect((await ended)[0]).toBe(0)
}, 240_000)
