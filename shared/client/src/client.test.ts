import { expect, test } from 'vitest'
import { type Client, createClient } from './client.ts'
import { ClientError } from './client-error.ts'
import type { Timers } from './timers.ts'

const INSTANT: Timers = {
  now: () => 0,
  after: (_ms, callback) => {
    queueMicrotask(callback)
    return () => undefined
  },
}

type Answer = Response | Error

/** A client whose server gives these answers in turn, the last one for ever; `asked` gathers method, path, headers and body. */
function answering(...answers: [Answer, ...Answer[]]) {
  const asked: { path: string; init: RequestInit }[] = []
  let refusals = 0
  const client: Client = createClient({
    baseUrl: 'http://rig',
    getToken: () => 'secret',
    onUnauthorized: () => refusals++,
    timers: INSTANT,
    random: () => 0,
    fetch: async (url, init) => {
      const answer = answers[Math.min(asked.length, answers.length - 1)] ?? new Error('no answer')
      asked.push({ path: String(url).replace('http://rig', ''), init: init ?? {} })
      if (answer instanceof Error) throw answer
      return answer.clone()
    },
  })
  return { client, asked, refusals: () => refusals }
}

const problem = (status: number, fields: object, headers = {}) =>
  Response.json({ type: 'about:blank', ...fields }, { status, headers })

test('sends the token and reads the answer', async () => {
  const { client, asked } = answering(Response.json([{ value: 1 }]))
  expect(await client.latest()).toEqual([{ value: 1 }])
  expect(asked[0]?.path).toBe('/api/v1/datapoints/latest')
  expect(asked[0]?.init.headers).toMatchObject({ authorization: 'Bearer secret' })
})

test('gathers every page of the events', async () => {
  const pageOf = (page: number, ...ids: string[]) =>
    Response.json({ page, page_size: 2, total: 3, data: ids.map((id) => ({ public_id: id })) })
  const { client, asked } = answering(pageOf(1, 'a', 'b'), pageOf(2, 'c'))
  expect((await client.events()).map(({ public_id }) => public_id)).toEqual(['a', 'b', 'c'])
  expect(asked.map(({ path }) => path)).toEqual([
    '/api/v1/events?page=1&page_size=100',
    '/api/v1/events?page=2&page_size=100',
  ])
})

test('turns problem details into an error with all their facts', async () => {
  const errors = [{ field: 'body.minutes', rule: 'must be a number' }]
  const body = { code: 'request.invalid', detail: 'Minutes must be a number.', traceId: 't1', errors }
  const { client } = answering(problem(422, body, { 'retry-after': '7' }))
  const failure = client.series({ event_public_ids: ['a'], minutes: 5, max_points: 10 })
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
  await expect(client.latest()).rejects.toMatchObject({
    code: 'unknown',
    detail: 'The server answered 500 Internal Server Error',
  })
})

test('calls a 401 the end of the session, except the one of a failed login', async () => {
  const { client, refusals } = answering(problem(401, { code: 'auth.bad-credentials', detail: 'Wrong.' }))
  await expect(client.login({ email: 'a@b', password: 'x' })).rejects.toBeInstanceOf(ClientError)
  expect(refusals()).toBe(0)
  await expect(client.me()).rejects.toBeInstanceOf(ClientError)
  expect(refusals()).toBe(1)
})

test.each([[new TypeError('fetch failed')], [problem(502, {})], [problem(503, {}, { 'retry-after': '1' })]])(
  'reads again after passing trouble: %s',
  async (trouble) => {
    const { client, asked } = answering(trouble, Response.json([]))
    expect(await client.latest()).toEqual([])
    expect(asked).toHaveLength(2)
  },
)

test('gives up reading after three attempts, and never sends a change twice', async () => {
  const { client, asked } = answering(new TypeError('fetch failed'))
  await expect(client.latest()).rejects.toMatchObject({ status: 0, code: 'network' })
  expect(asked).toHaveLength(3)
  await expect(client.logout()).rejects.toMatchObject({ code: 'network' })
  expect(asked).toHaveLength(4)
})

test('passes an abort on as it is', async () => {
  const { client } = answering(new Error('aborted'))
  const reason = new Error('page left')
  await expect(client.latest(AbortSignal.abort(reason))).rejects.toThrow('aborted')
})
