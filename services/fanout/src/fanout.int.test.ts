import { once } from 'node:events'
import { createTokenKey, publishRevocation, signToken } from '@webmacs/auth'
import { type EventId, type Frame, formatTime, newId, nowMicros, type StreamMessage } from '@webmacs/contracts'
import { createLogger, type RunningService } from '@webmacs/service-kit'
import { aFrame, createTestBus, startTcpProxy, type TcpProxy, type TestBus, until, valuesOf } from '@webmacs/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { startFanout } from './app.ts'
import { loadFanoutConfig } from './config.ts'

const SECRET = 'a secret of the tests, long enough to be one'
const key = createTokenKey(SECRET)
const A: EventId = newId('evt')
const B: EventId = newId('evt')

let site: TestBus
let proxy: TcpProxy
let fanout: RunningService
const sockets: WebSocket[] = []

beforeEach(async () => {
  site = await createTestBus()
  proxy = await startTcpProxy(site.url)
  const env = { NATS_URL: proxy.url, WEBMACS_BUS_PREFIX: site.prefix, SECRET_KEY: SECRET, PORT: '0', OPS_PORT: '0' }
  const log = createLogger({ service: 'fanout', level: 'silent' })
  fanout = await startFanout(loadFanoutConfig(env), { log, signal: new AbortController().signal })
})

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate()
  await fanout.stop()
  await proxy[Symbol.asyncDispose]()
  await site[Symbol.asyncDispose]()
})

const aToken = (lifetimeMinutes = 60) =>
  signToken(key, { user: newId('usr'), role: 'viewer', version: 1, lifetimeMinutes })

/** Connects and gathers what arrives. */
function connect(query: string, path = '/ws/datapoints/stream') {
  const socket = new WebSocket(`ws://127.0.0.1:${fanout.ports.http}${path}${query}`)
  sockets.push(socket)
  const messages: StreamMessage[] = []
  socket.on('message', (data) => messages.push(JSON.parse(String(data))))
  socket.on('error', () => undefined) // a refused handshake is what some tests are about
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }))
  })
  const updates = () => messages.flatMap((message) => (message.type === 'datapoints_batch' ? message.datapoints : []))
  return { socket, messages, closed, updates, first: () => until('a first message', () => messages[0]) }
}

async function connectLive() {
  const client = connect(`?token=${(await aToken()).token}`)
  await until('the greeting', () => client.messages.some(({ type }) => type === 'connected'))
  return client
}

const publish = (frame: Frame) =>
  site.bus.js.publish(site.bus.names.subjects.readings(frame.source), JSON.stringify(frame))

test('greets first, then brings a reading as it was sampled', async () => {
  const client = await connectLive()
  expect(client.messages[0]).toMatchObject({ type: 'connected' })
  const frame = aFrame({ values: valuesOf([[A, 23.5]]), quality: { [A]: ['simulated'] } as Frame['quality'] & object })
  await publish(frame)
  const [update] = await until('the update', () => (client.updates().length > 0 ? client.updates() : undefined))
  expect(update).toEqual({
    value: 23.5,
    event_public_id: A,
    timestamp: frame.time,
    experiment_public_id: null,
    quality: ['simulated'],
  })
})

test('brings the last value of a burst, and at most five a second', async () => {
  const client = await connectLive()
  const start = nowMicros()
  for (let n = 1; n <= 20; n++) await publish(aFrame({ time: formatTime(start + n), values: valuesOf([[A, n]]) }))
  await until('the last value', () => client.updates().at(-1)?.value === 20)
  expect(client.updates().length).toBeLessThanOrEqual(3)
})

test('sends no older value after a newer one', async () => {
  const client = await connectLive()
  const now = nowMicros()
  await publish(aFrame({ time: formatTime(now), values: valuesOf([[A, 2]]) }))
  await publish(aFrame({ time: formatTime(now - 1_000_000), values: valuesOf([[A, 1]]) }))
  await publish(aFrame({ time: formatTime(now + 1), values: valuesOf([[B, 3]]) }))
  await until('the newest', () => client.updates().some(({ event_public_id }) => event_public_id === B))
  expect(
    client
      .updates()
      .filter(({ event_public_id }) => event_public_id === A)
      .map(({ value }) => value),
  ).toEqual([2])
})

test('follows only the events that a client asks for, and shows at once what they are now', async () => {
  const client = await connectLive()
  await publish(
    aFrame({
      values: valuesOf([
        [A, 1],
        [B, 2],
      ]),
    }),
  )
  await until('both', () => client.updates().length === 2)
  client.messages.length = 0
  client.socket.send(JSON.stringify({ type: 'subscribe', event_public_ids: [A] }))
  await until('the snapshot', () => client.updates().length === 1)
  expect(client.messages[0]).toEqual({ type: 'subscribed', events: 1 })
  await publish(aFrame({ values: valuesOf([[B, 3]]) }))
  await publish(aFrame({ values: valuesOf([[A, 4]]) }))
  await until('the update', () => client.updates().at(-1)?.value === 4)
  expect(client.updates().map(({ event_public_id }) => event_public_id)).toEqual([A, A])
})

test('tells a reading without a value as a fault', async () => {
  const client = await connectLive()
  await publish(
    aFrame({ values: valuesOf([[A, null]]), quality: { [A]: ['bad', 'sensor_fault'] } as Frame['quality'] & object }),
  )
  const batch = await until('the fault', () => client.messages.find((message) => message.type === 'datapoints_batch'))
  expect(batch).toMatchObject({ datapoints: [], faults: [{ event_public_id: A, quality: ['bad', 'sensor_fault'] }] })
})

test.each([['{"seq":1}'], ['nonsense'], ['[]']])('passes over %s on the bus and goes on', async (body) => {
  const client = await connectLive()
  site.bus.nc.publish(site.bus.names.subjects.readings('lab-1'), body)
  await publish(aFrame({ values: valuesOf([[A, 1]]) }))
  await until('the good frame', () => client.updates().length === 1)
})

test.each([
  ['', 'Authentication required'],
  ['?token=', 'Authentication required'],
  ['?token=nonsense', 'Invalid or expired token'],
  ['?token=wm_123', 'Invalid API token'],
])('closes a client that comes with %j and says why', async (query, reason) => {
  expect(await connect(query).closed).toEqual({ code: 1008, reason })
})

test('closes a client whose token has expired, and one whose token expires while it listens', async () => {
  const expired = await signToken(key, {
    user: newId('usr'),
    role: 'viewer',
    version: 1,
    lifetimeMinutes: 1,
    now: new Date(Date.now() - 120_000),
  })
  expect(await connect(`?token=${expired.token}`).closed).toMatchObject({ code: 1008 })
  const soon = await signToken(key, {
    user: newId('usr'),
    role: 'viewer',
    version: 1,
    lifetimeMinutes: 1,
    now: new Date(Date.now() - 58_000),
  })
  const client = connect(`?token=${soon.token}`)
  await client.first()
  expect(await client.closed).toEqual({ code: 1008, reason: 'Invalid or expired token' })
})

test('closes an open socket when its token is revoked, and leaves the others', async () => {
  const { token, claims } = await aToken()
  const revoked = connect(`?token=${token}`)
  await revoked.first()
  const other = await connectLive()
  await publishRevocation(site.bus, claims.jti, claims.exp * 1e6)
  expect(await revoked.closed).toEqual({ code: 1008, reason: 'Token has been revoked' })
  expect(await connect(`?token=${token}`).closed).toMatchObject({ code: 1008 })
  expect(other.socket.readyState).toBe(WebSocket.OPEN)
})

test('refuses other paths during the handshake', async () => {
  const { socket } = connect('?token=x', '/ws/elsewhere')
  const [, response] = await once(socket, 'unexpected-response')
  expect(response.statusCode).toBe(403)
})

test('answers a ping, passes over unknown objects, explains a bad request', async () => {
  const client = await connectLive()
  client.socket.send('{"type":"hello"}')
  client.socket.send('{"type":"subscribe","max_rate_hz":50}')
  client.socket.send('{"type":"ping"}')
  await until('the pong', () => client.messages.some(({ type }) => type === 'pong'))
  expect(client.messages.find(({ type }) => type === 'error')).toMatchObject({
    message: expect.stringContaining('max_rate_hz'),
  })
})

test.each([
  ['text that is no JSON', (socket: WebSocket) => socket.send('nonsense'), 1003],
  ['a binary message', (socket: WebSocket) => socket.send(Buffer.from([1, 2])), 1003],
  ['a message that is too large', (socket: WebSocket) => socket.send('x'.repeat(300_000)), 1009],
] as const)('closes a client that sends %s with a code', async (_what, send, code) => {
  const client = await connectLive()
  send(client.socket)
  expect((await client.closed).code).toBe(code)
})

test('says that values are stale while the broker is away, and that they live when it is back', async () => {
  const client = await connectLive()
  const sources = () => client.messages.flatMap((message) => (message.type === 'heartbeat' ? message.source : []))
  proxy.refuse()
  await until('stale', () => sources().at(-1) === 'stale')
  proxy.resume()
  await until('live', () => sources().at(-1) === 'live')
  await publish(aFrame({ values: valuesOf([[A, 7]]) }))
  await until('a value after the outage', () => client.updates().at(-1)?.value === 7)
})
