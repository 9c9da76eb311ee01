import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { startTcpProxy, until } from '@webmacs/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiSite, aProblem, startApiSite, type TestApi } from '../testing/api-site.ts'

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
})
afterAll(() => site[Symbol.asyncDispose]())

const LOGIN = '/api/v1/auth/login'

/** Sends bytes as they are and reads the answer until the server closes. */
async function sendRaw(url: string, bytes: string): Promise<string> {
  const { port } = new URL(url)
  const socket = connect(Number(port), '127.0.0.1')
  await once(socket, 'connect')
  socket.write(bytes, 'latin1')
  return text(socket)
}

describe('addresses', () => {
  test.each(['/nowhere', '/api/v1/nowhere', '/api/v2/events', '/api/v1/events/a/b'])(
    'answers 404 for %s',
    async (path) => {
      const { status, headers, body } = await site.api.get(`${path}?token=secret`)
      expect(status).toBe(404)
      expect(headers.get('content-type')).toMatch('application/problem+json')
      expect(body).toEqual(aProblem('route.unknown', { status: 404, instance: path }))
    },
  )

  test.each([
    ['PATCH', '/api/v1/events', 'GET, HEAD, POST'],
    ['PUT', '/api/v1/events/', 'GET, HEAD, POST'],
    ['POST', '/api/v1/events/evt_1', 'DELETE, GET, HEAD, PUT'],
    ['DELETE', '/health', 'GET, HEAD'],
    ['GET', LOGIN, 'POST'],
  ])('answers 405 for %s %s and says what is allowed', async (method, path, allow) => {
    const { status, headers, body } = await site.api.request(method, path)
    expect(status).toBe(405)
    expect(headers.get('allow')).toBe(allow)
    expect(body).toEqual(aProblem('route.method'))
  })

  test('serves paths with and without a slash at the end, and ignores parameters it does not know', async () => {
    for (const path of [
      '/api/v1/events',
      '/api/v1/events/',
      '/api/v1/auth/me/',
      '/health/',
      '/api/v1/events/?_t=1700000000000',
    ]) {
      expect((await site.api.get(path)).status).toBe(200)
    }
  })

  test('refuses an address that is none', async () => {
    const { status, body } = await site.api.get('/api/v1/events/%zz')
    expect(status).toBe(422)
    expect(body).toEqual(aProblem('request.invalid'))
  })
})

describe('bodies', () => {
  const login = (body: string, headers: Record<string, string> = {}) =>
    site.api.request('POST', LOGIN, { as: 'nobody', body, headers })
  const good = (): string => JSON.stringify({ email: 'nobody@example.com', password: 'x' })

  test('accepts JSON without a content type, as older clients send it', async () => {
    const { port } = new URL(site.api.url)
    const head = [
      `POST ${LOGIN} HTTP/1.1`,
      `Host: localhost:${port}`,
      `Content-Length: ${good().length}`,
      'Connection: close',
    ]
    expect(await sendRaw(site.api.url, `${head.join('\r\n')}\r\n\r\n${good()}`)).toMatch(/^HTTP\/1\.1 401 /)
  })

  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'APPLICATION/JSON',
    'application/vnd.webmacs+json',
  ])('accepts the content type %s', async (type) => {
    expect((await login(good(), { 'content-type': type })).status).toBe(401)
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'nonsense'])(
    'refuses the content type %s',
    async (type) => {
      const { status, body } = await login(good(), { 'content-type': type })
      expect(status).toBe(415)
      expect(body).toEqual(aProblem('request.media-type'))
    },
  )

  test.each(['{', '{"email":NaN}', "{'email':1}", '\u0000', '{"__proto__":{"role":"admin"}}', 'undefined'])(
    'refuses %j as no JSON',
    async (body) => {
      const answer = await login(body)
      expect(answer.status).toBe(422)
      expect(answer.body.errors).toEqual([{ field: 'body', rule: 'must be JSON' }])
    },
  )

  test('refuses bytes that are no UTF-8, instead of storing something else', async () => {
    const bytes = `{"email":"\xff@example.com","password":"x"}`
    const head = [`POST ${LOGIN} HTTP/1.1`, 'Host: x', 'Connection: close', `Content-Length: ${bytes.length}`]
    const answer = await sendRaw(site.api.url, `${head.join('\r\n')}\r\n\r\n${bytes}`)
    expect(answer).toMatch(/^HTTP\/1\.1 422 /)
    expect(answer).toMatch('body must be UTF-8.')
  })

  test('names the field whose text could not be stored as it is', async () => {
    const { status, body } = await login('{"email":"\\ud800@example.com","password":"x"}')
    expect(status).toBe(422)
    expect(body.errors).toEqual([
      { field: 'body.email', rule: 'must not contain NUL characters or halves of surrogate pairs' },
    ])
  })

  test('says that a body is missing', async () => {
    for (const body of ['', 'null']) {
      expect((await login(body)).body).toMatchObject({
        detail: 'body is required.',
        errors: [{ field: 'body', rule: 'is required' }],
      })
    }
    expect((await login('[]')).body.errors).toEqual([{ field: 'body', rule: 'must be object' }])
  })

  test('refuses a body that is too large', async () => {
    const { status, body } = await login(JSON.stringify({ email: 'a@b.c', password: 'x'.repeat(300_000) }))
    expect(status).toBe(413)
    expect(body).toEqual(aProblem('request.too-large'))
  })

  test('lets a client that sends far too much read why it is refused', async () => {
    const body = JSON.stringify({ email: 'a@b.c', password: 'x'.repeat(3_000_000) })
    for (let turn = 0; turn < 10; turn++) expect((await login(body)).status).toBe(413)
  })

  test('refuses deep nesting without losing its breath', async () => {
    expect((await login(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)).status).toBe(422)
  })

  test('names at most twenty fields of a body full of mistakes', async () => {
    const ids = Array.from({ length: 5000 }, () => 0)
    const { status, body } = await site.api.request('POST', '/api/v1/datapoints/series', {
      body: { event_public_ids: ids },
    })
    expect(status).toBe(422)
    expect(body.errors).toHaveLength(20)
    expect(body.detail.length).toBeLessThan(300)
  })

  test('repeats little of what was sent', async () => {
    const long = 'x'.repeat(5000)
    for (const answer of [
      await login(good(), { 'content-type': `text/${long}` }),
      await site.api.get(`/api/v1/events/${long}`),
      await site.api.get(`/${long}`),
      await site.api.request('PUT', '/api/v1/events/evt_1', { body: { value_labels: { [long]: 'x' } } }),
    ]) {
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(JSON.stringify(answer.body).length).toBeLessThan(2000)
    }
  })

  test('asks who it is before it reads what is wrong with the body', async () => {
    expect((await site.api.request('POST', '/api/v1/events', { as: 'nobody', body: '{' })).status).toBe(401)
    expect((await site.api.request('POST', '/api/v1/events', { as: 'viewer', body: '{' })).status).toBe(403)
  })

  test.each([
    ['GARBAGE\r\n\r\n', 400, 'request.malformed'],
    [`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'request.header-too-large'],
  ])('answers what is no request (%#)', async (bytes, status, code) => {
    const answer = await sendRaw(site.api.url, bytes)
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ code, status })
  })
})

describe('headers', () => {
  test('passes over an expectation that it does not know', async () => {
    const bytes = 'GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: nonsense\r\n\r\n'
    expect(await sendRaw(site.api.url, bytes)).toMatch(/^HTTP\/1\.1 200 /)
  })

  test('goes on with the request id of the caller, or makes one, and shows it in errors', async () => {
    const given = await site.api.get('/api/v1/nowhere', { headers: { 'x-request-id': 'trace-0123456789' } })
    expect(given.headers.get('x-request-id')).toBe('trace-0123456789')
    expect(given.body.traceId).toBe('trace-0123456789')
    const made = await site.api.get('/health', { headers: { 'x-request-id': 'bad id' } })
    expect(made.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(site.api.logged).toContainEqual(
      expect.objectContaining({ traceId: 'trace-0123456789', code: 'route.unknown' }),
    )
  })

  test('lets pages of known origins in, and no others', async () => {
    const known = await site.api.get('/health', { headers: { origin: 'http://localhost:5173' } })
    expect(known.headers.get('access-control-allow-origin')).toBe('http://localhost:5173')
    expect(known.headers.get('access-control-allow-credentials')).toBe('true')
    expect(known.headers.get('access-control-expose-headers')).toMatch(/X-Request-ID/)
    const other = await site.api.get('/health', { headers: { origin: 'https://evil.example' } })
    expect(other.status).toBe(200)
    expect(other.headers.get('access-control-allow-origin')).toBeNull()
  })

  test('answers a preflight without a token', async () => {
    const { status, headers } = await site.api.request('OPTIONS', '/api/v1/events', {
      as: 'nobody',
      headers: {
        origin: 'http://localhost:5173',
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'authorization',
      },
    })
    expect(status).toBe(204)
    expect(headers.get('access-control-allow-methods')).toMatch(/PUT/)
    expect(headers.get('access-control-allow-headers')).toMatch(/authorization/)
    expect(headers.get('access-control-max-age')).toBe('600')
  })

  test('tells browsers to run nothing and to keep nothing', async () => {
    const { headers } = await site.api.get('/api/v1/events')
    expect(headers.get('content-security-policy')).toMatch("default-src 'none'")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
  })
})

describe('rate limit', () => {
  test('limits a public address behind the gateway, and no other', async () => {
    const api = await site.startApi({ RATE_LIMIT_PER_MINUTE: '5' })
    const from = (address: string, path = '/api/v1/events') =>
      api.get(path, { headers: { 'x-forwarded-for': address } })
    for (let request = 0; request < 5; request++) expect((await from('203.0.113.7')).status).toBe(200)
    const refused = await from('203.0.113.7')
    expect(refused.status).toBe(429)
    expect(refused.body).toEqual(
      aProblem('request.rate-limited', { detail: 'Too many requests. Please try again later.' }),
    )
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50)
    expect(refused.headers.get('ratelimit-limit')).toBe('5')
    expect((await from('203.0.113.7', '/api/v1/nowhere')).status).toBe(429)

    expect((await from('203.0.113.8')).status).toBe(200)
    expect((await from('198.51.100.1, 203.0.113.7')).status).toBe(429)
    expect((await from('127.0.0.1, 203.0.113.7')).status).toBe(429)
    expect((await from('203.0.113.7', '/api/v1/datapoints/latest')).status).toBe(200)
    expect((await from('203.0.113.7', '/health')).status).toBe(200)
    for (let request = 0; request < 8; request++) expect((await from('192.168.1.5')).status).toBe(200)
  })
})

describe('addresses of clients', () => {
  /** What is left of two requests a minute after one from there; null: it is not counted. */
  const remaining = async (api: TestApi, forwarded: string): Promise<string | null> =>
    (await api.get('/api/v1/events', { headers: { 'x-forwarded-for': forwarded } })).headers.get('ratelimit-remaining')

  test('believes nobody who is no trusted proxy', async () => {
    const api = await site.startApi({ RATE_LIMIT_PER_MINUTE: '9', TRUSTED_PROXIES: '[]', RATE_LIMIT_EXEMPT: '[]' })
    expect(await remaining(api, '203.0.113.1')).toBe('8')
    expect(await remaining(api, '203.0.113.2')).toBe('7')
    expect(await remaining(api, '127.0.0.1')).toBe('6')
  })

  test('finds the client behind a chain of proxies, whatever the client claims', async () => {
    const proxies = '["127.0.0.1", "10.0.0.0/24"]' // the gateway on this machine, nginx before it
    const api = await site.startApi({ RATE_LIMIT_PER_MINUTE: '9', TRUSTED_PROXIES: proxies })
    expect(await remaining(api, '203.0.113.1, 10.0.0.5')).toBe('8')
    expect(await remaining(api, '198.51.100.9, 203.0.113.1, 10.0.0.7, 10.0.0.5')).toBe('7')
    expect(await remaining(api, '127.0.0.1, 203.0.113.1, 10.0.0.5')).toBe('6')
    expect(await remaining(api, 'nonsense, 10.0.0.5')).toBe('8')
    expect(await remaining(api, 'more nonsense, 10.0.0.5')).toBe('7')
    expect(await remaining(api, '10.0.1.5')).toBeNull()
  })

  test('does not limit who is exempt by configuration, and counts an IPv6 network as one', async () => {
    const exempt = '["203.0.113.0/24", "2001:db8:1::/48"]'
    const api = await site.startApi({ RATE_LIMIT_PER_MINUTE: '9', RATE_LIMIT_EXEMPT: exempt })
    expect(await remaining(api, '203.0.113.1')).toBeNull()
    expect(await remaining(api, '2001:db8:1::7')).toBeNull()
    expect(await remaining(api, '192.168.1.1')).toBe('8')
    expect(await remaining(api, '2001:db8:2:1::7')).toBe('8')
    expect(await remaining(api, '2001:db8:2:1:ffff::9')).toBe('7')
  })

  test('counts requests with bad tokens, too', async () => {
    const api = await site.startApi({ RATE_LIMIT_PER_MINUTE: '3', RATE_LIMIT_EXEMPT: '[]' })
    const guess = () => api.get('/api/v1/events', { token: 'wm_guess' })
    const statuses = []
    for (let turn = 0; turn < 4; turn++) statuses.push((await guess()).status)
    expect(statuses).toEqual([401, 401, 401, 429])
  })
})

describe('failures', () => {
  test('answers 503 while the database is away, and recovers by itself', async () => {
    await using proxy = await startTcpProxy(site.db.pool.options.connectionString ?? '')
    const api = await site.startApi({ DATABASE_URL: proxy.url })
    expect((await api.get('/api/v1/events')).status).toBe(200)
    proxy.refuse()
    for (let request = 0; request < 3; request++) {
      const { status, headers, body } = await api.get('/api/v1/events')
      expect(status).toBe(503)
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
      expect(body).toEqual(aProblem('database.unavailable', { detail: 'Database cannot be reached.' }))
    }
    const health = await api.get('/health', { as: 'nobody' })
    expect(health.status).toBe(200)
    expect(health.body).toMatchObject({ status: 'degraded', database: 'error', broker: 'ok' })
    expect((await fetch(`${api.opsUrl}/ready`)).status).toBe(503)
    proxy.resume()
    await until('it works again', async () => (await api.get('/api/v1/events')).status === 200)
    expect((await fetch(`${api.opsUrl}/ready`)).status).toBe(200)
  })

  test('keeps answering while the broker is away', async () => {
    await using proxy = await startTcpProxy(site.bus.url)
    const api = await site.startApi({ NATS_URL: proxy.url })
    proxy.refuse()
    await until('the loss is noticed', async () => (await api.get('/health', { as: 'nobody' })).body.broker === 'error')
    expect((await api.get('/health', { as: 'nobody' })).body).toMatchObject({ status: 'degraded', database: 'ok' })
    expect((await api.get('/api/v1/events')).status).toBe(200)
    const body = { name: 'made alone', min_value: 0, max_value: 1, unit: 'x', type: 'sensor' }
    expect((await api.request('POST', '/api/v1/events', { body })).status).toBe(201)
    proxy.resume()
    await until('it is back', async () => (await api.get('/health', { as: 'nobody' })).body.broker === 'ok')
  })

  test('says nothing of what is wrong inside, but where to look', async () => {
    await using broken = await startApiSite()
    await broken.db.pool.query('ALTER TABLE events RENAME TO gone')
    const { status, body } = await broken.api.get('/api/v1/events')
    expect(status).toBe(500)
    expect(body).toEqual(aProblem('internal'))
    expect(JSON.stringify(body)).not.toMatch(/relation|select|stack/i)
    const lines = broken.api.logged.filter(({ traceId }) => traceId === body.traceId)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({
      level: 50,
      event: 'http.failed',
      err: { message: expect.stringContaining('events') },
    })
  })

  test('answers the requests under way before it stops', async () => {
    await using other = await startApiSite()
    const lock = await other.db.pool.connect()
    await lock.query('BEGIN; LOCK TABLE events')
    const waiting = other.api.get('/api/v1/events')
    await until('the request is under way', async () => {
      const { rows } = await other.db.pool.query(
        `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database() AND query LIKE '%limit%'`,
      )
      return rows.length > 0
    })
    const stopped = other.api[Symbol.asyncDispose]()
    await lock.query('COMMIT')
    lock.release()
    expect((await waiting).status).toBe(200)
    await stopped
  })
})

test('tells how the system is, at both addresses', async () => {
  for (const path of ['/health', '/api/v1/health']) {
    const { status, body } = await site.api.get(path, { as: 'nobody' })
    expect(status).toBe(200)
    expect(body).toEqual({
      status: 'ok',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      database: 'ok',
      broker: 'ok',
      last_datapoint: null,
      uptime_seconds: expect.any(Number),
    })
  }
})

test('measures requests by route, not by address', async () => {
  await site.api.get('/api/v1/events/evt_000000000000')
  const metrics = await (await fetch(`${site.api.opsUrl}/metrics`)).text()
  expect(metrics).toMatch(/webmacs_http_request_duration_seconds_count\{.*route="\/api\/v1\/events\/:id".*status="404"/)
  expect(metrics).not.toContain('evt_000000000000')
})

test('registers as a service on the bus', async () => {
  const { bus } = site.bus
  const reply = await bus.nc.request('$SRV.PING.api', '', { timeout: 2000 })
  expect(reply.json()).toMatchObject({ name: 'api', type: 'io.nats.micro.v1.ping_response' })
})

test('answers before the broker is there, and says that it is not ready', async () => {
  await using other = await startApiSite()
  await using proxy = await startTcpProxy(other.bus.url)
  proxy.refuse()
  const [port, opsPort] = [await freePort(), await freePort()]
  const starting = other.startApi({ NATS_URL: proxy.url, PORT: String(port), OPS_PORT: String(opsPort) })
  const health = await until('it answers', async () => (await fetch(`http://127.0.0.1:${port}/health`)).json())
  expect(health).toMatchObject({ status: 'degraded', database: 'ok', broker: 'error' })
  expect((await fetch(`http://127.0.0.1:${opsPort}/ready`)).status).toBe(503)
  const ask = (path: string) =>
    fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
      headers: { authorization: `Bearer ${other.users.viewer.token}` },
    })
  expect((await ask('/events')).status).toBe(200)
  const available = await ask('/plugins/available')
  expect(available.status).toBe(503)
  expect(available.headers.get('retry-after')).not.toBeNull()
  expect(await available.json()).toEqual(aProblem('broker.unavailable'))
  proxy.resume()
  await starting
  expect((await fetch(`http://127.0.0.1:${opsPort}/ready`)).status).toBe(200)
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
