import { createClient } from '@webmacs/client'
import type { Change, CreatedExport, Export, ExportMetadata, Problem } from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ExportDirectory } from '../files/export-directory.ts'
import { sweepOnce } from '../files/sweep.ts'
import { type Call, type ExportSite, startExportSite } from '../testing/export-site.ts'
import { anEvent, storeMany, type TestEvent } from '../testing/measured-data.ts'
import { ExportNews } from './export-news.ts'

const FROM = Date.parse('2026-03-02T10:00:00Z') * 1000
const RANGE = { from: '2026-03-02T10:00:00Z', to: '2026-03-02T11:00:00Z' }

let site: ExportSite
let event: TestEvent

beforeAll(async () => {
  site = await startExportSite({ EXPORT_MAX_PER_USER: '5' })
  event = await anEvent(site.db, { name: 'TT-101' })
  await storeMany(site.db, { events: [event], from: FROM, seconds: 600 })
})
afterAll(() => site[Symbol.asyncDispose]())

async function ask<Answer>(method: string, path: string, call: Call = {}): Promise<{ status: number; body: Answer }> {
  const response = await site.request(method, path, call)
  return { status: response.status, body: (await response.json()) as Answer } // what the schemas say
}

const create = async (body: object = {}, call: Call = {}): Promise<CreatedExport> => {
  const answer = await ask<CreatedExport>('POST', '/exports', { body: { ...RANGE, ...body }, ...call })
  expect(answer).toMatchObject({ status: 201 })
  return answer.body
}
const read = async (id: string, call: Call = {}): Promise<Export> =>
  (await ask<Export>('GET', `/exports/${id}`, call)).body
const cancel = (id: string): Promise<unknown> => ask('DELETE', `/exports/${id}`)
/** As a browser opens a link: without a token. */
const open = (url: string, init: RequestInit = {}): Promise<Response> => fetch(site.url + url, init)
const codeOf = async (response: Response): Promise<string> => ((await response.json()) as Problem).code

test('makes a stream while it is downloaded by its link, once', async () => {
  const created = await create({ events: [event.id] })
  expect(created).toMatchObject({
    ...{ delivery: 'stream', state: 'waiting', expected_rows: 600, rows: 0, sha256: null, error: null },
    file_name: expect.stringMatching(/\.csv$/),
  })
  const response = await open(created.download_url)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-disposition')).toContain(created.file_name)
  expect((await response.text()).trimEnd().split('\n')).toHaveLength(601)
  const again = await open(created.download_url)
  expect(again.status).toBe(410)
  expect(await codeOf(again)).toBe('export.gone')
  const done = await until('it is done', async () => {
    const now = await read(created.public_id)
    return now.state === 'done' ? now : undefined
  })
  expect(done).toMatchObject({ rows: 600, ended_on: expect.any(String) })
  expect(done.bytes).toBeGreaterThan(600 * 60)
})

test('lets one of many who open the same link have the stream', async () => {
  const { download_url } = await create()
  const responses = await Promise.all(Array.from({ length: 4 }, () => open(download_url)))
  const bodies = await Promise.all(responses.map((response) => response.text()))
  expect(responses.map(({ status }) => status).sort()).toEqual([200, 410, 410, 410])
  expect(bodies.filter((body) => body.startsWith('timestamp'))).toHaveLength(1)
})

test('says what comes to a HEAD, and makes nothing for it', async () => {
  const { download_url, file_name } = await create({ format: 'parquet' })
  const head = await open(download_url, { method: 'HEAD' })
  expect(head.status).toBe(200)
  expect(head.headers.get('content-type')).toBe('application/vnd.apache.parquet')
  expect(head.headers.get('content-disposition')).toContain(file_name)
  const file = Buffer.from(await (await open(download_url)).arrayBuffer())
  expect(file.subarray(0, 4).toString()).toBe('PAR1')
  expect(file.subarray(-4).toString()).toBe('PAR1')
})

test('refuses a wrong key, an unknown export and a link that has run out', async () => {
  const { public_id, download_url } = await create()
  const path = `/api/v1/exports/${public_id}/download`
  const wrong = await open(`${path}?key=wrong`)
  expect([wrong.status, await codeOf(wrong)]).toEqual([403, 'auth.forbidden'])
  expect((await open(path)).status).toBe(401)
  expect((await open(`${path}?key=`)).status).toBe(403)
  expect((await open('/api/v1/exports/xpt_000000000000/download?key=x')).status).toBe(404)
  await site.db.pool.query(`UPDATE exports SET expires_on = now() - interval '1 s' WHERE public_id = $1`, [public_id])
  expect((await open(download_url)).status).toBe(410)
})

test('stores only the hash of a key, and writes none into its log', async () => {
  const { public_id, download_url } = await create()
  const key = new URL(download_url, site.url).searchParams.get('key') ?? ''
  expect(key.length).toBeGreaterThanOrEqual(32)
  await (await open(download_url)).text()
  await (await open(download_url)).text() // refused, which is logged as well
  const { rows } = await site.db.pool.query(`SELECT exports::text AS row FROM exports WHERE public_id = $1`, [
    public_id,
  ])
  expect(rows[0].row).not.toContain(key)
  expect(JSON.stringify(site.logged)).not.toContain(key)
  expect(JSON.stringify(await read(public_id))).not.toContain(key)
})

test('shows each user their own exports and admins all, newest first', async () => {
  const { viewer, operator, admin } = site.tokens
  const mine = await create({}, { token: viewer })
  const other = await create({}, { token: operator })
  const listed = async (token: string): Promise<string[]> =>
    (await ask<{ data: Export[] }>('GET', '/exports?page_size=100', { token })).body.data.map(
      ({ public_id }) => public_id,
    )
  expect((await listed(viewer))[0]).toBe(mine.public_id)
  expect(await listed(viewer)).not.toContain(other.public_id)
  expect((await listed(admin)).slice(0, 2)).toEqual([other.public_id, mine.public_id])
  const path = `/exports/${other.public_id}`
  for (const [method, at] of [
    ['GET', path],
    ['DELETE', path],
    ['GET', `${path}/metadata`],
    ['GET', `${path}/download`],
  ] as const) {
    expect(await ask<Problem>(method, at, { token: viewer })).toMatchObject({
      status: 403,
      body: { code: 'auth.forbidden' },
    })
  }
  expect(await read(other.public_id, { token: admin })).toMatchObject({ state: 'waiting' })
  expect((await site.request('GET', `${path}/download`, { token: admin })).status).toBe(200)
  expect((await ask('GET', '/exports/xpt_000000000000')).status).toBe(404)
  await cancel(mine.public_id)
})

test('says what an export is about', async () => {
  const { public_id } = await create({ events: [event.id] })
  const { body } = await ask<ExportMetadata>('GET', `/exports/${public_id}/metadata`)
  expect(body).toMatchObject({
    ...{ experiment: null, expected_rows: 600, from: '2026-03-02T10:00:00Z' },
    events: [{ public_id: event.id, name: 'TT-101', unit: '°C', min_value: 0, max_value: 100 }],
  })
  await cancel(public_id)
})

test('refuses what cannot be exported when it is asked for', async () => {
  const refusal = async (body: object): Promise<[number, string]> => {
    const answer = await ask<Problem>('POST', '/exports', { body })
    return [answer.status, answer.body.code]
  }
  expect(await refusal({ experiment: 'exp_000000000000' })).toEqual([404, 'experiment.unknown'])
  expect(await refusal({ ...RANGE, events: ['evt_000000000000'] })).toEqual([404, 'event.unknown'])
  expect(await refusal({ ...RANGE, format: 'xlsx' })).toEqual([422, 'request.invalid'])
  expect(await refusal({ from: RANGE.to, to: RANGE.from })).toEqual([422, expect.any(String)])
})

test('cancels one that waits, tells so, and lets a user have only so many at once', async () => {
  const heard: Change[] = []
  const { admin } = site.tokens
  const { bus } = site
  const subscription = bus.nc.subscribe(bus.names.subjects.changes('export', '*'), {
    callback: (_err, message) => void heard.push(message.json()),
  })
  await bus.nc.flush()
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => ask<CreatedExport & Problem>('POST', '/exports', { body: RANGE, token: admin })),
  )
  const made = answers.filter(({ status }) => status === 201)
  expect(made).toHaveLength(5)
  expect(answers.filter(({ status }) => status === 429).map(({ body }) => body.code)).toEqual(
    Array(3).fill('export.too-many'),
  )
  for (const { body } of made) await ask('DELETE', `/exports/${body.public_id}`, { token: admin })
  const id = made[0]?.body.public_id ?? ''
  expect(await read(id, { token: admin })).toMatchObject({ state: 'cancelled' })
  expect((await open(made[0]?.body.download_url ?? '')).status).toBe(410)
  await until('both are told', () => heard.filter((change) => change.id === id).length === 2)
  expect(heard.filter((change) => change.id === id)).toMatchObject([{ verb: 'created' }, { verb: 'cancelled' }])
  subscription.unsubscribe()
})

test('forgets what was finished long ago, and no file that is still kept', async () => {
  const streamed = await create()
  await (await open(streamed.download_url)).text()
  const file = await create({ delivery: 'file' })
  for (const { public_id } of [streamed, file]) {
    await until('it is done', async () => (await read(public_id)).state === 'done', { timeoutMs: 30_000 })
  }
  await site.db.pool.query(`UPDATE exports SET ended_on = now() - interval '31 days' WHERE public_id = ANY($1)`, [
    [streamed.public_id, file.public_id],
  ])
  await sweepOnce({
    db: site.db.db,
    directory: new ExportDirectory({ path: site.directory, maxBytes: 1e9, reserveBytes: 0 }),
    news: new ExportNews(site.bus, site.log),
  })
  expect((await ask('GET', `/exports/${streamed.public_id}`)).status).toBe(404)
  expect((await open(file.download_url)).status).toBe(200)
})

test('the client asks for a file, follows and downloads it, and removes it', async () => {
  const client = createClient({ baseUrl: site.url, getToken: () => site.tokens.operator })
  const created = await client.exports.create({ ...RANGE, delivery: 'file', format: 'parquet' })
  const id = created.public_id
  await until('it is made', async () => (await client.exports.get(id)).state === 'done', { timeoutMs: 30_000 })
  expect((await client.exports.metadata(id)).expected_rows).toBe(600)
  expect((await client.exports.list()).data[0]?.public_id).toBe(id)
  const file = await fetch(client.exports.downloadUrl(created))
  expect(Number(file.headers.get('content-length'))).toBe((await client.exports.get(id)).bytes)
  await client.exports.delete(id)
  expect(await client.exports.get(id)).toMatchObject({ state: 'expired' })
})
