import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { createClient } from './client.ts'
import type { LiveBatch } from './live.ts'

let server: WebSocketServer
let protocols: (string | undefined)[]
let sockets: WebSocket[]
let received: string[]
let refuse: boolean

beforeEach(async () => {
  protocols = []
  sockets = []
  received = []
  refuse = false
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  server.on('connection', (socket, request) => {
    protocols.push(request.headers['sec-websocket-protocol'])
    if (refuse) {
      socket.close(1008, 'Invalid or expired token')
      return
    }
    sockets.push(socket)
    socket.on('message', (data) => received.push(String(data)))
    socket.send('{"type":"connected","message":"Hello"}')
  })
  await once(server, 'listening')
})

afterEach(() => {
  for (const socket of server.clients) socket.terminate()
  server.close()
})

const client = () =>
  createClient({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // listens on TCP
    getToken: async () => 'wm_secret',
    random: () => 0,
  })
const say = (...readings: [event: string, value: number][]) => {
  const datapoints = readings.map(([event_public_id, value]) => ({ event_public_id, value }))
  sockets.at(-1)?.send(JSON.stringify({ type: 'datapoints_batch', datapoints }))
}
const isLive = ({ state }: LiveBatch): boolean => state.status === 'live'

/** Takes from the stream until one is like this. */
async function until(live: AsyncIterator<LiveBatch>, isWanted: (batch: LiveBatch) => boolean): Promise<LiveBatch> {
  for (let next = await live.next(); !next.done; next = await live.next()) {
    if (isWanted(next.value)) return next.value
  }
  throw new Error('the stream ended')
}

test('hands readings to the loop, tells when it is cut off, and goes on after a reconnect', async () => {
  const values: number[] = []
  const states = new Set<string>()
  server.on('connection', (socket) => socket.on('message', () => say(['evt_a', sockets.length])))
  for await (const { readings, state } of client().live({ events: ['evt_a'], maxRateHz: 2 })) {
    states.add(state.status)
    values.push(...readings.map(({ value }) => value))
    if (values.length === 1) sockets[0]?.terminate()
    if (values.includes(2)) break
  }
  expect(values).toEqual([1, 2])
  expect([...states]).toEqual(['connecting', 'live'])
  expect(protocols).toEqual(['webmacs, webmacs.token.wm_secret', 'webmacs, webmacs.token.wm_secret'])
  expect(JSON.parse(received[0] ?? '')).toEqual({ type: 'subscribe', event_public_ids: ['evt_a'], max_rate_hz: 2 })
  await expect.poll(() => server.clients.size).toBe(0) // leaving the loop has closed it
})

test('keeps only the newest of each event for a loop that is busy, and says how many it passed over', async () => {
  const live = client().live({ maxBuffered: 3 })[Symbol.asyncIterator]()
  await until(live, isLive)
  for (let value = 1; value <= 5; value++) say(['evt_a', value], ['evt_b', value * 10])
  const pong = once(sockets[0] ?? server, 'pong')
  sockets[0]?.ping()
  await pong // everything before it has arrived
  const { readings, dropped } = await until(live, (batch) => batch.readings.length > 0)
  expect(readings.map(({ value }) => value)).toEqual([5, 50])
  expect(dropped).toBe(8)
  say(['evt_a', 6], ['evt_a', 7])
  const next = await until(live, (batch) => batch.readings.length > 0)
  expect(next).toMatchObject({ readings: [{ value: 6 }, { value: 7 }], dropped: 0 })
  await live.return?.()
})

test('ends quietly with its signal', async () => {
  const abort = new AbortController()
  const batches: LiveBatch[] = []
  for await (const batch of client().live({ signal: abort.signal })) {
    batches.push(batch)
    if (isLive(batch)) setImmediate(() => abort.abort())
  }
  expect(batches.at(-1)?.state.status).toBe('live')
})

test('throws when the server refuses the token', async () => {
  refuse = true
  const live = client().live()[Symbol.asyncIterator]()
  await expect(until(live, isLive)).rejects.toMatchObject({
    code: 'auth.invalid-token',
    message: 'Invalid or expired token',
  })
})
