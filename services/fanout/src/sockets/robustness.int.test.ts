import { once } from 'node:events'
import { connect } from 'node:net'
import { until } from '@webmacs/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { aController, aViewer, type FanoutSite, startFanoutSite, type TestClient } from '../testing/fanout-site.ts'

let site: FanoutSite
beforeAll(async () => {
  site = await startFanoutSite({ WS_HEARTBEAT_INTERVAL: '1' })
})
afterAll(() => site[Symbol.asyncDispose]())
beforeEach(() => {
  site.api.batches.length = 0
  site.api.take = ({ datapoints }) => ({ accepted: datapoints.length, rejected: [] })
})
afterEach(async () => {
  site.cutClients()
  await until('nobody to be left', async () => (await clients()) === 0)
})

const aDatapoint = { value: 1, event_public_id: 'evt_1' }
const both = [
  ['stream', aViewer],
  ['telemetry', aController],
] as const

/** Open sockets as the service counts them. */
async function clients(): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${site.opsPort}/metrics`)).text()
  const counts = [...metrics.matchAll(/^webmacs_fanout_clients\{[^}]*\} (\d+)$/gm)].map(([, count]) => Number(count))
  return counts.reduce((sum, count) => sum + count, 0)
}

/** The TCP connection below a client, to write what no client would. */
const wireOf = ({ socket }: TestClient<unknown>) =>
  (socket as unknown as { _socket: import('node:net').Socket })._socket // ws has no public way to it

test.each(both)('closes a %s client that sends a binary message', async (_name, open) => {
  const client = await open(site)
  client.socket.send(Buffer.from('{"type":"ping"}'))
  expect(await client.closed).toEqual({ code: 1003, reason: 'Binary messages are not supported' })
})

test.each(both)('closes a %s client that sends text that is no JSON object', async (_name, open) => {
  for (const text of ['nonsense', '[]', '5', 'null', '"text"', '']) {
    const client = await open(site)
    client.say(text)
    expect(await client.closed).toEqual({ code: 1003, reason: 'Messages must be JSON objects' })
  }
})

test.each(both)('closes a %s client whose text is no UTF-8', async (_name, open) => {
  const client = await open(site)
  client.socket.send(Buffer.from([0xff, 0xfe]), { binary: false })
  expect((await client.closed).code).toBe(1007)
})

test.each(both)('closes a %s client that breaks the protocol', async (_name, open) => {
  const client = await open(site)
  wireOf(client).write(Buffer.from([0xff, 0xff, 0xff]))
  expect([1002, 1006]).toContain((await client.closed).code)
})

test('reads a message that comes in fragments', async () => {
  const client = await aController(site)
  const text = JSON.stringify({ id: 'pieces', datapoints: [aDatapoint] })
  for (const character of text.slice(0, -1)) client.socket.send(character, { fin: false })
  client.socket.send(text.slice(-1), { fin: true })
  expect(await client.next('ack')).toMatchObject({ id: 'pieces', accepted: 1 })
})

test('reads a message of ten megabytes, and closes at more than sixteen', async () => {
  const client = await aController(site)
  client.say({ id: 'large', datapoints: [aDatapoint], filler: 'x'.repeat(10 * 1024 * 1024) })
  expect(await client.next('ack')).toMatchObject({ id: 'large' })
  client.socket.send('x'.repeat(16 * 1024 * 1024 + 1))
  expect((await client.closed).code).toBe(1009)
})

test('takes no such message on the stream', async () => {
  const client = await aViewer(site)
  client.socket.send('x'.repeat(300_000))
  expect((await client.closed).code).toBe(1009)
})

test.each(both)('cuts a %s client that answers no ping, and keeps one that does', async (_name, open) => {
  const alive = await open(site)
  const dead = await open(site)
  wireOf(dead).pause()
  await until('the dead one to be gone', async () => (await clients()) === 1)
  expect(alive.socket.readyState).toBe(WebSocket.OPEN)
})

test('does not take a controller for dead whose batches it cannot take yet', async () => {
  const taking = Promise.withResolvers<void>()
  site.api.take = async ({ datapoints }) => {
    await taking.promise
    return { accepted: datapoints.length, rejected: [] }
  }
  const client = await aController(site)
  let pings = 0
  client.socket.on('ping', () => {
    pings += 1
  })
  const filler = 'x'.repeat(100_000)
  for (let n = 0; n < 50; n++) client.say({ id: String(n), datapoints: [aDatapoint], filler })
  await until('three pings', () => pings >= 3)
  taking.resolve()
  await until('all acks', () => client.messages.length === 50)
})

test('keeps no answers for a controller that never reads', async () => {
  const client = await aController(site)
  client.socket.pause()
  const before = process.memoryUsage().rss
  for (let n = 0; n < 100_000; n++) {
    client.say({ datapoints: [null] })
    if (n % 1000 === 0) await until('room to write', () => client.socket.bufferedAmount < 1_000_000)
  }
  client.say({ datapoints: [aDatapoint] })
  await until('what came last', () => site.api.batches.length === 1)
  expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000)
})

test('closes a client that asks for answers and never reads them', async () => {
  const client = await aController(site)
  client.socket.pause()
  const id = 'x'.repeat(255)
  while ((await clients()) === 1) {
    for (let n = 0; n < 500; n++) client.say({ id, datapoints: [null] })
    await until(
      'room to write',
      () => client.socket.bufferedAmount < 1_000_000 || client.socket.readyState !== WebSocket.OPEN,
    )
  }
  client.socket.resume()
  await client.closed
})

test('answers a thousand clients that come at once, and forgets them when they go', async () => {
  const before = process.getActiveResourcesInfo().length
  const { token } = await site.api.session('viewer')
  const good = Array.from({ length: 500 }, () => site.stream(`?token=${token}`))
  const bad = Array.from({ length: 250 }, () => site.stream('?token=nonsense'))
  const nobody = Array.from({ length: 250 }, () => site.telemetry(''))
  await Promise.all(good.map((client) => until('a greeting', () => client.messages.length > 0, { timeoutMs: 20_000 })))
  for (const client of [...bad, ...nobody]) expect((await client.closed).code).toBe(1008)
  expect(await clients()).toBe(500)
  site.cutClients()
  await until('their connections and timers to be gone', () => process.getActiveResourcesInfo().length <= before + 10)
})

test.each([
  ['no key', ['upgrade: websocket', 'connection: upgrade', 'sec-websocket-version: 13'], 400],
  [
    'a key that is none',
    ['upgrade: websocket', 'connection: upgrade', 'sec-websocket-version: 13', 'sec-websocket-key: x'],
    400,
  ],
  [
    'another version',
    [
      'upgrade: websocket',
      'connection: upgrade',
      'sec-websocket-version: 99',
      'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
    ],
    400,
  ],
  ['another protocol', ['upgrade: h2c', 'connection: upgrade'], 400],
  [
    'broken sub-protocols',
    [
      'upgrade: websocket',
      'connection: upgrade',
      'sec-websocket-version: 13',
      'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-protocol: a,,@',
    ],
    400,
  ],
  ['headers that are none', ['upgrade websocket \u0001'], 400],
  ['no upgrade', ['connection: close'], 404],
])('answers a handshake with %s, and goes on', async (_what, headers, status) => {
  const wire = connect(site.port, '127.0.0.1')
  wire.write(['GET /ws/datapoints/stream HTTP/1.1', 'host: x', ...headers, '', ''].join('\r\n'))
  const [answer] = await once(wire, 'data')
  expect(String(answer)).toMatch(new RegExp(`^HTTP/1.1 ${status}`))
  wire.destroy()
  await aViewer(site)
})

test('lives on when connections break off in the middle of everything', async () => {
  const { token } = await site.api.session('viewer')
  const handshake = [
    `GET /ws/datapoints/stream?token=${token} HTTP/1.1`,
    ...['host: x', 'upgrade: websocket', 'connection: upgrade', 'sec-websocket-version: 13'],
    ...['sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==', '', ''],
  ].join('\r\n')
  for (const bytes of [10, handshake.length - 2, handshake.length]) {
    const wire = connect(site.port, '127.0.0.1')
    await once(wire, 'connect')
    wire.write(handshake.slice(0, bytes))
    wire.resetAndDestroy()
  }
  await aViewer(site)
})
