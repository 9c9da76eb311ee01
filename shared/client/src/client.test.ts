import { expect, test } from 'vitest'
import { type Client, createClient } from './client.ts'
import { ClientError, isClientError } from './client-error.ts'
import { passwordSession } from './password-session.ts'
import type { Timers } from './timers.ts'

type Answer = Response | Error

/** A client whose server gives these answers in turn, the last one for ever; `asked` gathers method, path, headers and body. */
function answering(...answers: [Answer, ...Answer[]]) {
  const asked: { path: string; init: RequestInit }[] = []
  const waits: number[] = []
  const timers: Timers = {
    now: () => 0,
    after: (ms, callback) => {
      waits.push(ms)
      queueMicrotask(callback)
      return () => undefined
    },
  }
  let refusals = 0
  const client: Client = createClient({
    baseUrl: 'http://rig',
    getToken: () => 'secret',
    onUnauthorized: () => refusals++,
    timers,
    random: () => 0,
    fetch: async (url, init) => {
      const answer = answers[Math.min(asked.length, answers.length - 1)] ?? new Error('no answer')
      asked.push({ path: String(url).replace('http://rig', ''), init: init ?? {} })
      if (answer instanceof Error) throw answer
      return answer.clone()
    },
  })
  return { client, asked, waits, refusals: () => refusals }
}

const problem = (status: number, fields: object, headers = {}) =>
  Response.json({ type: 'about:blank', ...fields }, { status, headers })

test('sends the token and reads the answer', async () => {
  const { client, asked } = answering(Response.json([{ value: 1 }]))
  expect(await client.datapoints.latest()).toEqual([{ value: 1 }])
  expect(asked[0]?.path).toBe('/api/v1/datapoints/latest')
  expect(asked[0]?.init.headers).toMatchObject({ authorization: 'Bearer secret' })
})

test('asks for a series again after trouble on the way: it only reads', async () => {
  const columns = { from: 'a', to: 'b', resolution: 60, read_from: 60, series: [] }
  const { client, asked } = answering(new Error('reset'), Response.json(columns))
  const range = { event_public_ids: ['evt_1'], from: '2026-11-23T16:00:00Z', to: '2026-11-23T17:00:00Z' }
  expect(await client.series(range)).toEqual(columns)
  expect(asked.map(({ path }) => path)).toEqual(['/api/v1/series', '/api/v1/series'])
  expect(JSON.parse(String(asked[1]?.init.body))).toEqual(range)
})

test('gathers every page of the events, and an entry that moved to the next page once', async () => {
  const pageWith = (page: number, ...ids: string[]) =>
    Response.json({ page, page_size: 2, total: 3, data: ids.map((id) => ({ public_id: id })) })
  const { client, asked } = answering(pageWith(1, 'a', 'b'), pageWith(2, 'b', 'c'))
  expect((await client.events.all()).map(({ public_id }) => public_id)).toEqual(['a', 'b', 'c'])
  expect(asked.map(({ path }) => path)).toEqual([
    '/api/v1/events?page=1&page_size=100',
    '/api/v1/events?page=2&page_size=100',
  ])
})

test('turns problem details into an error with all their facts', async () => {
  const errors = [{ field: 'body.minutes', rule: 'must be a number' }]
  const body = { code: 'request.invalid', detail: 'Minutes must be a number.', traceId: 't1', errors }
  const { client } = answering(problem(422, body, { 'retry-after': '7' }))
  const failure = client.datapoints.series({ event_public_ids: ['a'], minutes: 5, max_points: 10 })
  await expect(failure).rejects.toMatchObject({
    status: 422,
    code: 'request.invalid',
    message: 'Minutes must be a number.',
    errors,
    traceId: 't1',
    retryAfterSeconds: 7,
  })
})

test('makes a sentence of an answer that is no problem document', async () => {
  const { client } = answering(new Response('<h1>Oops</h1>', { status: 500, statusText: 'Internal Server Error' }))
  await expect(client.datapoints.latest()).rejects.toMatchObject({
    code: 'unknown',
    detail: 'The server answered 500 Internal Server Error',
  })
})

test('calls a 401 the end of the session, except the one of a failed login', async () => {
  const { client, refusals } = answering(problem(401, { code: 'auth.bad-credentials', detail: 'Wrong.' }))
  await expect(client.auth.login({ email: 'a@b', password: 'x' })).rejects.toBeInstanceOf(ClientError)
  expect(refusals()).toBe(0)
  await expect(client.auth.me()).rejects.toBeInstanceOf(ClientError)
  expect(refusals()).toBe(1)
})

test.each([[new TypeError('fetch failed')], [problem(502, {})], [problem(503, {}, { 'retry-after': '1' })]])(
  'reads again after passing trouble: %s',
  async (trouble) => {
    const { client, asked } = answering(trouble, Response.json([]))
    expect(await client.datapoints.latest()).toEqual([])
    expect(asked).toHaveLength(2)
  },
)

test('gives up reading after three attempts, and never sends a change twice', async () => {
  const { client, asked } = answering(new TypeError('fetch failed'))
  await expect(client.datapoints.latest()).rejects.toMatchObject({ status: 0, code: 'network' })
  expect(asked).toHaveLength(3)
  await expect(client.auth.logout()).rejects.toMatchObject({ code: 'network' })
  expect(asked).toHaveLength(4)
})

test('sends a command again under its id when no answer came, and never when it has come to something', async () => {
  const { client, asked } = answering(
    new TypeError('fetch failed'),
    problem(
      504,
      { code: 'controller.away', detail: 'The controller does not answer. (cmd_1)' },
      { 'retry-after': '5' },
    ),
  )
  const command = { event_public_id: 'evt_1', value: 1 }
  await expect(client.commands.create(command)).rejects.toMatchObject({ code: 'controller.away' })
  expect(asked).toHaveLength(2)
  const sent = asked.map(({ init }) => JSON.parse(String(init.body)))
  expect(sent[0]).toEqual({ ...command, public_id: expect.stringMatching(/^cmd_[0-9a-z]{12}$/) })
  expect(sent[1]).toEqual(sent[0])
  await expect(client.datapoints.create(command)).rejects.toMatchObject({ code: 'controller.away' })
  expect(asked).toHaveLength(3)
})

test('passes an abort on as it is', async () => {
  const { client } = answering(new Error('aborted'))
  const reason = new Error('page left')
  await expect(client.datapoints.latest({ signal: AbortSignal.abort(reason) })).rejects.toThrow('aborted')
})

const pageOf = (...data: object[]) => Response.json({ page: 1, page_size: 100, total: data.length, data })

test('names things in the path so that no id leads elsewhere, and passes filters on', async () => {
  const { client, asked } = answering(pageOf({ id: 1 }))
  await client.plugins.channels.delete('plg_1', '../x?')
  await client.audit.all({ entity: 'event', from: '2026-11-01' })
  expect(asked.map(({ path }) => path)).toEqual([
    '/api/v1/plugins/plg_1/channels/..%2Fx%3F',
    '/api/v1/audit?entity=event&from=2026-11-01&page=1&page_size=100',
  ])
})

test('walks datapoints by the cursor of each page, with the filter all along', async () => {
  const walked = (next_cursor: string | null, ...ids: string[]) =>
    Response.json({ page: 1, page_size: 100, total: 3, next_cursor, data: ids.map((id) => ({ public_id: id })) })
  const { client, asked } = answering(walked('dp_b', 'dp_a', 'dp_b'), walked(null, 'dp_c'))
  const ids: string[] = []
  for await (const { public_id } of client.datapoints.each({ event: 'evt_1', quality: 'good' })) ids.push(public_id)
  expect(ids).toEqual(['dp_a', 'dp_b', 'dp_c'])
  expect(asked.map(({ path }) => path)).toEqual([
    '/api/v1/datapoints?event=evt_1&quality=good&page_size=100',
    '/api/v1/datapoints?event=evt_1&quality=good&page_size=100&cursor=dp_b',
  ])
})

test('changes the version that was read, whatever a proxy made of its tag', async () => {
  const { client, asked } = answering(Response.json({ name: 'TT-101' }, { headers: { etag: 'W/"v1"' } }))
  const { value, version } = await client.events.getVersioned('evt_1')
  await client.events.update('evt_1', { name: `${value.name} b` }, { ifVersion: version })
  expect(asked[1]?.init).toMatchObject({ method: 'PUT', body: '{"name":"TT-101 b"}', headers: { 'if-match': '"v1"' } })
})

test('does not take an answer without a version for a versioned one', async () => {
  const { client } = answering(Response.json({}))
  await expect(client.events.getVersioned('evt_1')).rejects.toMatchObject({ code: 'unknown' })
})

test('sends a thousand and one datapoints in batches, each again under its own key until it is answered', async () => {
  const taken = (accepted: number, ...rejected: object[]) => Response.json({ accepted, rejected }, { status: 201 })
  const { client, asked } = answering(
    taken(500),
    problem(503, { code: 'historian.behind' }, { 'retry-after': '1' }),
    taken(499, { index: 3, code: 'bad_time' }),
    taken(1),
  )
  const datapoints = Array.from({ length: 1001 }, (_, value) => ({ value, event_public_id: 'evt_1' }))
  expect(await client.datapoints.createBatch(datapoints, { idempotencyKey: 'run-42' })).toEqual({
    accepted: 1000,
    rejected: [{ index: 503, code: 'bad_time' }],
  })
  const keys = asked.map(({ init }) => new Headers(init.headers).get('idempotency-key'))
  expect(keys).toEqual(['run-42', 'run-42.500', 'run-42.500', 'run-42.1000'])
})

test.each([
  ['run\n42', 'must have only characters that a header can carry'],
  ['x'.repeat(252), 'must have at most 255 characters together with the place of the last batch (.500)'],
])('sends nothing under a key that cannot be one: %j', async (idempotencyKey, rule) => {
  const { client, asked } = answering(new TypeError('fetch failed'))
  const datapoints = Array.from({ length: 501 }, (_, value) => ({ value, event_public_id: 'evt_1' }))
  await expect(client.datapoints.createBatch(datapoints, { idempotencyKey })).rejects.toMatchObject({
    code: 'request.invalid',
    errors: [{ field: 'idempotencyKey', rule }],
  })
  expect(asked).toEqual([])
})

test('takes the longest key that leaves room for the place of each batch', async () => {
  const { client, asked } = answering(Response.json({ accepted: 1, rejected: [] }))
  const datapoints = Array.from({ length: 501 }, (_, value) => ({ value, event_public_id: 'evt_1' }))
  await client.datapoints.createBatch(datapoints, { idempotencyKey: 'x'.repeat(251) })
  expect(asked).toHaveLength(2)
})

test('takes a token that no header can carry for a refused one, and does not show it', async () => {
  const refused: unknown[] = []
  const client = createClient({
    baseUrl: 'http://127.0.0.1:1', // nobody listens there
    getToken: () => 'secret\n€',
    onUnauthorized: (token) => {
      refused.push(token)
    },
  })
  const failure = await client.auth.me().catch((error: unknown) => error)
  expect(failure).toMatchObject({ status: 401, code: 'auth.invalid-token' })
  expect(String(failure)).not.toContain('secret')
  expect(refused).toEqual(['secret\n€'])
})

test('waits as long as the server asks for, and not at all when that is too long', async () => {
  const { client, asked, waits } = answering(
    problem(429, {}, { 'retry-after': '8' }),
    problem(429, {}, { 'retry-after': '60' }),
  )
  await expect(client.events.list()).rejects.toMatchObject({ retryAfterSeconds: 60, isTemporary: true })
  expect(asked).toHaveLength(2)
  expect(waits).toEqual([8000])
})

test('renews the token once for all requests that were refused with it', async () => {
  let token = 'old'
  let renewals = 0
  const client = createClient({
    baseUrl: 'http://rig',
    getToken: async () => token,
    onUnauthorized: async () => {
      renewals++
      token = 'new'
      return token
    },
    fetch: async (_url, init) =>
      new Headers(init?.headers).get('authorization') === 'Bearer new'
        ? Response.json([])
        : problem(401, { code: 'auth.expired-token' }),
  })
  await Promise.all([client.datapoints.latest(), client.plugins.available(), client.logging.create({ content: 'x' })])
  expect(renewals).toBe(1)
})

test('a password session logs in with the first request, again when it is refused, and anew after a failed login', async () => {
  const tokens = ['bad-day', 'first', 'second']
  let refused = ''
  const client = createClient({
    ...passwordSession({ baseUrl: 'http://rig', email: 'a@b', password: 'x', fetch: serve }),
    fetch: serve,
  })
  async function serve(url: string | URL | Request, init?: RequestInit): Promise<Response> {
    if (!String(url).endsWith('/auth/login')) {
      const token = new Headers(init?.headers).get('authorization')
      return token === `Bearer ${refused}` ? problem(401, {}) : Response.json({ username: token })
    }
    const token = tokens.shift()
    return token === 'bad-day' ? problem(401, { code: 'auth.bad-credentials' }) : Response.json({ access_token: token })
  }
  await expect(client.auth.me()).rejects.toSatisfy((error) => isClientError(error, 'auth.bad-credentials'))
  const both = await Promise.all([client.auth.me(), client.auth.me()])
  expect(both).toEqual([{ username: 'Bearer first' }, { username: 'Bearer first' }])
  refused = 'first'
  expect(await client.auth.me()).toEqual({ username: 'Bearer second' })
})

test('asks for an export, once, and says where it is downloaded', async () => {
  const download_url = '/api/v1/exports/xpt_1/download?key=k'
  const { client, asked } = answering(Response.json({ public_id: 'xpt_1', download_url }))
  const created = await client.exports.create({ format: 'parquet', delivery: 'file' })
  expect(client.exports.downloadUrl(created)).toBe(`http://rig${download_url}`)
  await client.exports.metadata(created.public_id)
  await client.exports.delete(created.public_id)
  expect(asked.map(({ init, path }) => `${init.method} ${path}`)).toEqual([
    'POST /api/v1/exports',
    'GET /api/v1/exports/xpt_1/metadata',
    'DELETE /api/v1/exports/xpt_1',
  ])
})
