import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, get, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger, type RunningService } from '@webmacs/service-kit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { startGateway } from './app.ts'
import { loadGatewayConfig } from './config.ts'

let folder: string
let gateway: RunningService | undefined
const servers: Server[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webmacs-gateway-'))
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), '<title>WebMACS</title>')
  await writeFile(join(folder, 'assets', 'app-1a2b.js'), 'start()')
})

afterEach(async () => {
  await gateway?.stop()
  gateway = undefined
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
  await rm(folder, { recursive: true })
})

async function listen(server: Server): Promise<string> {
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Answers with what it was asked, so that a test sees what arrives behind the gateway. */
const startEcho = () =>
  listen(
    createServer((request, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ url: request.url, headers: request.headers }))
    }),
  )

async function start(env: Record<string, string>, onLine?: (line: string) => void): Promise<string> {
  const config = loadGatewayConfig({ PORT: '0', OPS_PORT: '0', UI_DIR: folder, ...env })
  const log =
    onLine === undefined
      ? createLogger({ service: 'gateway', level: 'silent' })
      : createLogger({ service: 'gateway', level: 'debug' }, { write: onLine })
  gateway = await startGateway(config, { log, signal: new AbortController().signal })
  return `http://127.0.0.1:${gateway.ports.http}`
}

test.each(['/api/v1/events?page=2', '/health', '/docs', '/docs/x.js', '/openapi.json'])(
  'passes %s to the api',
  async (path) => {
    const url = await start({ API_URL: await startEcho() })
    expect(await (await fetch(url + path)).json()).toMatchObject({ url: path })
  },
)

test.each([
  '/api/v1/experiments/exp_7k2m9q4tx3ab/export/csv',
  '/api/v1/export?event=evt_7k2m9q4tx3ab',
  '/api/v1/exports',
  '/api/v1/exports/xpt_7k2m9q4tx3ab/download?key=x',
])('passes %s to the export service', async (path) => {
  const url = await start({ EXPORT_URL: await startEcho(), API_URL: 'http://127.0.0.1:1' })
  expect(await (await fetch(url + path)).json()).toMatchObject({ url: path })
})

test('passes an answer on while it is made, and ends it when the client leaves', async () => {
  const part = Buffer.alloc(64 * 1024, 'x')
  let written = 0
  const left = Promise.withResolvers<void>()
  const upstream = createServer(async (_request, response) => {
    response.on('close', left.resolve)
    while (!response.destroyed) {
      written += part.length
      if (!response.write(part)) await Promise.race([once(response, 'drain'), left.promise])
    }
  })
  const url = await start({ EXPORT_URL: await listen(upstream) })
  const response = await new Promise<IncomingMessage>((resolve) => get(`${url}/api/v1/export?from=2026`, resolve))
  await once(response, 'readable')
  response.destroy()
  await left.promise
  // What a client that reads one piece and leaves has cost: what the buffers on the way hold.
  expect(written).toBeLessThan(64 * 1024 * 1024)
})

test('breaks an answer off where the service does, so that nobody waits for the rest', async () => {
  const upstream = createServer((request, response) => {
    if (request.url?.includes('whole')) response.end('all of it')
    else response.write('some of it', () => response.destroy())
  })
  const url = await start({ EXPORT_URL: await listen(upstream) })
  const broken = await fetch(`${url}/api/v1/export?from=2026`)
  expect(broken.status).toBe(200)
  await expect(broken.text()).rejects.toThrow('terminated')
  expect(await (await fetch(`${url}/api/v1/export?whole`)).text()).toBe('all of it')
})

test.each(['/', '/login', '/healthy', '/apiary'])('answers %s with the dashboard, never kept', async (path) => {
  const url = await start({})
  const response = await fetch(url + path)
  expect(await response.text()).toContain('WebMACS')
  expect(response.headers.get('cache-control')).toBe('no-cache')
  expect(response.headers.get('content-security-policy')).toContain("default-src 'self'")
})

test('lets hashed files be kept for a year, and answers 404 for one that is gone', async () => {
  const url = await start({})
  expect((await fetch(`${url}/assets/app-1a2b.js`)).headers.get('cache-control')).toContain('immutable')
  expect((await fetch(`${url}/assets/app-gone.js`)).status).toBe(404)
})

test('drops forwarded addresses that a client made up', async () => {
  const url = await start({ API_URL: await startEcho() })
  const response = await fetch(`${url}/api/v1/events`, {
    headers: { 'x-forwarded-for': '10.0.0.1', 'x-real-ip': '10.0.0.1' },
  })
  const { headers } = (await response.json()) as { headers: Record<string, string> }
  expect(headers['x-forwarded-for']).toBe('127.0.0.1')
  expect(headers['x-real-ip']).toBeUndefined()
})

test.each(['127.0.0.1', '127.0.0.0/8'])('believes a proxy that it was told to trust: %s', async (proxy) => {
  const url = await start({ API_URL: await startEcho(), TRUSTED_PROXIES: JSON.stringify([proxy]) })
  const forwarded = { 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'https' }
  const response = await fetch(`${url}/api/v1/events`, { headers: forwarded })
  const { headers } = (await response.json()) as { headers: Record<string, string> }
  expect(headers).toMatchObject({ 'x-forwarded-for': '192.0.2.7, 127.0.0.1', 'x-forwarded-proto': 'https' })
})

test('answers 503 with a problem while the service is away, and goes on when it is back', async () => {
  const api = createServer((_request, response) => response.end('back'))
  const apiUrl = await listen(api)
  api.close()
  await once(api, 'close')
  const url = await start({ API_URL: apiUrl })
  const away = await fetch(`${url}/api/v1/events`)
  expect(away.status).toBe(503)
  expect(away.headers.get('retry-after')).toBe('2')
  expect(await away.json()).toMatchObject({ code: 'service.unavailable', instance: '/api/v1/events' })
  api.listen(Number(new URL(apiUrl).port), '127.0.0.1')
  await once(api, 'listening')
  expect(await (await fetch(`${url}/api/v1/events`)).text()).toBe('back')
})

test('carries WebSockets both ways', async () => {
  const upstream = createServer()
  new WebSocketServer({ server: upstream }).on('connection', (socket, request) => {
    socket.on('message', (data) => socket.send(`${request.url} ${data}`))
  })
  const url = await start({ FANOUT_URL: await listen(upstream) })
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/datapoints/stream?token=x`)
  await once(socket, 'open')
  socket.send('ping')
  const [answer] = await once(socket, 'message')
  expect(String(answer)).toBe('/ws/datapoints/stream?token=x ping')
  socket.close()
})

test('passes sub-protocols to fanout and its choice back, on both sockets', async () => {
  const upstream = createServer()
  const handleProtocols = (offered: Set<string>) => (offered.has('webmacs') ? 'webmacs' : false)
  new WebSocketServer({ server: upstream, handleProtocols }).on('connection', (socket, request) => {
    socket.send(`${request.url} ${request.headers['sec-websocket-protocol']}`)
  })
  const url = await start({ FANOUT_URL: await listen(upstream) })
  for (const path of ['/ws/datapoints/stream', '/ws/controller/telemetry']) {
    const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, ['webmacs', 'webmacs.token.a.b-c'])
    const [seen] = await once(socket, 'message')
    expect(String(seen)).toBe(`${path} webmacs,webmacs.token.a.b-c`)
    expect(socket.protocol).toBe('webmacs')
    socket.close()
  }
})

test('passes the code and the reason of a close on', async () => {
  const upstream = createServer()
  new WebSocketServer({ server: upstream }).on('connection', (socket) => socket.close(1008, 'Authentication required'))
  const url = await start({ FANOUT_URL: await listen(upstream) })
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/controller/telemetry`)
  const [code, reason] = await once(socket, 'close')
  expect([code, String(reason)]).toEqual([1008, 'Authentication required'])
})

test('writes no token of a socket into its log', async () => {
  const lines: string[] = []
  const url = await start({ FANOUT_URL: 'http://127.0.0.1:1' }, (line) => lines.push(line))
  const address = `${url.replace('http', 'ws')}/ws/controller/telemetry`
  expect(await refusalOf(`${address}?token=in-the-query`)).toBe(503)
  expect(await refusalOf(address, ['webmacs', 'webmacs.token.in-the-protocol'])).toBe(503)
  expect(lines.join()).toContain('away')
  expect(lines.join()).not.toMatch(/in-the-(query|protocol)/)
})

test('passes a refused upgrade on as it is, so that it never looks open', async () => {
  const upstream = createServer()
  upstream.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n'))
  const url = await start({ FANOUT_URL: await listen(upstream) })
  expect(await refusalOf(`${url.replace('http', 'ws')}/ws/elsewhere`)).toBe(403)
})

test('refuses an upgrade with 503 while fanout is away', async () => {
  const url = await start({ FANOUT_URL: 'http://127.0.0.1:1' })
  expect(await refusalOf(`${url.replace('http', 'ws')}/ws/datapoints/stream`)).toBe(503)
})

test.each(['the client', 'the service'])('lives on when %s breaks an open WebSocket', async (who) => {
  const upstream = createServer()
  new WebSocketServer({ server: upstream }).on('connection', (_socket, request) => {
    if (who === 'the service') setImmediate(() => request.socket.resetAndDestroy())
  })
  const url = await start({ FANOUT_URL: await listen(upstream) })
  const client = connect(Number(new URL(url).port), '127.0.0.1')
  const handshake = [
    'connection: upgrade',
    'upgrade: websocket',
    'sec-websocket-version: 13',
    'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
  ]
  client.write(['GET /ws/datapoints/stream HTTP/1.1', 'host: x', ...handshake, '', ''].join('\r\n'))
  const closed = once(client, 'close')
  const [answer] = await once(client, 'data')
  expect(String(answer)).toContain('101 Switching Protocols')
  if (who === 'the client') client.resetAndDestroy()
  await closed
  expect((await fetch(url)).status).toBe(200)
})

test('tells a client in the middle of a large message that the service has closed, and why', async () => {
  const upstream = createServer()
  const closeTimeout = 100 // in the options of ws, but not in its types yet
  const options = { server: upstream, maxPayload: 1024, closeTimeout }
  new WebSocketServer(options).on('connection', (socket) => socket.on('error', () => undefined))
  const url = await start({ FANOUT_URL: await listen(upstream) })
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/datapoints/stream`)
  await once(socket, 'open')
  socket.send('x'.repeat(32 * 1024 * 1024))
  const [code] = await once(socket, 'close')
  expect(code).toBe(1009)
})

async function refusalOf(url: string, protocols: string[] = []): Promise<number | undefined> {
  const socket = new WebSocket(url, protocols)
  socket.on('error', () => undefined) // the refusal itself arrives as unexpected-response
  const [request, response] = await once(socket, 'unexpected-response')
  request.destroy()
  return response.statusCode
}
