import { beforeEach, expect, test, vi } from 'vitest'
import { ClientError } from './client-error.ts'
import { createFakeTimers, type FakeTimers } from './fake-timers.ts'
import type { LiveState } from './live-state.ts'
import { createLiveStream, type LiveStream } from './live-stream.ts'
import type { StreamSocket } from './socket.ts'

class FakeSocket implements StreamSocket {
  onmessage: StreamSocket['onmessage'] = null
  onclose: StreamSocket['onclose'] = null
  onerror: StreamSocket['onerror'] = null
  readonly sent: unknown[] = []
  closed = false
  readonly url: string
  readonly protocols: string[]
  constructor(url: string, protocols: string[]) {
    this.url = url
    this.protocols = protocols
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text))
  }
  close(): void {
    this.closed = true
  }
  say(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) })
  }
  end(code = 1006, reason = ''): void {
    this.onclose?.({ code, reason })
  }
}

const CONNECTED = { type: 'connected', message: 'Hello' }
let timers: FakeTimers
let sockets: FakeSocket[]
let states: LiveState[]
let values: number[]
let refusals: number
let network: EventTarget
let stream: LiveStream

const socket = (): FakeSocket => {
  const newest = sockets.at(-1)
  if (newest === undefined) throw new Error('no socket was opened')
  return newest
}

beforeEach(() => {
  timers = createFakeTimers()
  sockets = []
  states = []
  values = []
  refusals = 0
  network = new EventTarget()
  stream = createLiveStream({
    url: 'ws://rig',
    getToken: () => 'a.b-c',
    onState: (state) => states.push(state),
    onReadings: (datapoints) => values.push(...datapoints.map(({ value }) => value)),
    onUnauthorized: () => refusals++,
    openSocket: (url, protocols) => {
      const opened = new FakeSocket(url, protocols)
      sockets.push(opened)
      return opened
    },
    network,
    timers,
    random: () => 0.5,
  })
  stream.start()
})

test('is live only once the server has said so, and hands on what arrives', () => {
  expect(socket().url).toBe('ws://rig/ws/datapoints/stream')
  expect(socket().protocols).toEqual(['webmacs', 'webmacs.token.a.b-c'])
  expect(stream.state().status).toBe('connecting')
  socket().say(CONNECTED)
  expect(stream.state()).toEqual({ status: 'live', source: 'live' })
  socket().say({ type: 'datapoints_batch', datapoints: [{ value: 7 }] })
  expect(values).toEqual([7])
})

test('passes over what it cannot read', () => {
  socket().say(CONNECTED)
  socket().onmessage?.({ data: 'NaN nonsense' })
  socket().onmessage?.({ data: new ArrayBuffer(2) })
  socket().say({ type: 'datapoints_batch' })
  socket().say({ type: 'something_newer' })
  expect(stream.state().status).toBe('live')
})

test('says when and why it will try again, with doubling delays, and asks for polling after three failures', () => {
  socket().end()
  expect(stream.state()).toEqual({ status: 'connecting', reason: 'Connection lost', nextAttemptAt: 1000 })
  timers.advance(1000)
  socket().end()
  expect(stream.state()).toMatchObject({ status: 'connecting', nextAttemptAt: 3000 })
  timers.advance(2000)
  socket().end()
  expect(stream.state()).toMatchObject({ status: 'polling', nextAttemptAt: 7000 })
  timers.advance(4000)
  expect(sockets).toHaveLength(4)
  expect(stream.state()).toMatchObject({ status: 'polling', nextAttemptAt: undefined })
  socket().say(CONNECTED)
  expect(stream.state().status).toBe('live')
})

test('keeps the longer delay until a connection has lasted', () => {
  socket().end()
  timers.advance(1000)
  socket().say(CONNECTED)
  timers.advance(4000)
  socket().end()
  expect(stream.state()).toMatchObject({ nextAttemptAt: 1000 + 4000 + 2000 })
  timers.advance(2000)
  socket().say(CONNECTED)
  timers.advance(5000)
  socket().end()
  expect(stream.state()).toMatchObject({ nextAttemptAt: 12_000 + 1000 })
})

test('leaves a socket that went silent, and heeds nothing more from it', () => {
  const first = socket()
  first.say(CONNECTED)
  timers.advance(11_999)
  expect(stream.state().status).toBe('live')
  timers.advance(1)
  expect(stream.state()).toMatchObject({ status: 'connecting', reason: 'The server went silent' })
  expect(first.closed).toBe(true)
  first.say({ type: 'datapoints_batch', datapoints: [{ value: 1 }] })
  first.end()
  expect(values).toEqual([])
  expect(stream.state()).toMatchObject({ nextAttemptAt: 13_000 })
})

test('stops for good when the token is refused', () => {
  socket().say(CONNECTED)
  socket().end(1008, 'Token has been revoked')
  expect(stream.state()).toEqual({ status: 'stopped', reason: 'unauthorized', detail: 'Token has been revoked' })
  expect(refusals).toBe(1)
  timers.advance(120_000)
  expect(sockets).toHaveLength(1)
})

test('comes back at once when the role has changed, and after growing pauses when it is sent away again', () => {
  socket().say(CONNECTED)
  socket().end(1008, 'Role has changed')
  timers.advance(0)
  expect(sockets).toHaveLength(2)
  socket().say(CONNECTED)
  socket().end(1008, 'Role has changed')
  expect(stream.state()).toEqual({ status: 'connecting', reason: 'Role has changed', nextAttemptAt: 2000 })
  timers.advance(2000)
  expect(sockets).toHaveLength(3)
  expect(refusals).toBe(0)
})

test('drops the socket when the device goes offline and tries at once when it is back', () => {
  socket().say(CONNECTED)
  network.dispatchEvent(new Event('offline'))
  expect(stream.state()).toMatchObject({ status: 'connecting', reason: 'This device is offline' })
  network.dispatchEvent(new Event('online'))
  expect(sockets).toHaveLength(2)
  socket().say(CONNECTED)
  expect(stream.state().status).toBe('live')
})

test('asks for its events again after each reconnect', () => {
  stream.subscribe(['evt_a'], 2)
  socket().say(CONNECTED)
  const request = { type: 'subscribe', event_public_ids: ['evt_a'], max_rate_hz: 2 }
  expect(socket().sent).toEqual([request])
  socket().end()
  timers.advance(1000)
  socket().say(CONNECTED)
  expect(sockets).toHaveLength(2)
  expect(socket().sent).toEqual([request])
})

test('pings, and tells when the server is cut off from its source', () => {
  socket().say(CONNECTED)
  for (let second = 5; second <= 50; second += 5) {
    timers.advance(5000)
    socket().say({ type: 'heartbeat', time: '', source: second < 50 ? 'live' : 'stale' })
  }
  expect(socket().sent).toEqual([{ type: 'ping' }, { type: 'ping' }])
  expect(states.filter(({ status }) => status === 'live')).toHaveLength(2)
  expect(stream.state()).toEqual({ status: 'live', source: 'stale' })
})

test('does nothing more after it was stopped, and can start anew', () => {
  socket().end()
  stream.stop()
  timers.advance(60_000)
  network.dispatchEvent(new Event('online'))
  expect(sockets).toHaveLength(1)
  stream.start()
  expect(sockets).toHaveLength(2)
})

test('goes on with another token when it is handed one, and asks for it once', async () => {
  let token = 'old'
  const asked: unknown[] = []
  stream.stop()
  sockets.length = 0
  stream = createLiveStream({
    url: 'ws://rig',
    getToken: () => token,
    onState: () => undefined,
    onReadings: () => undefined,
    onUnauthorized: async (refused) => {
      asked.push(refused)
      token = 'new'
      return token
    },
    openSocket: (url, protocols) => {
      const opened = new FakeSocket(url, protocols)
      sockets.push(opened)
      return opened
    },
    timers,
  })
  stream.start()
  socket().end(1008, 'Token has been revoked')
  expect(stream.state()).toMatchObject({ status: 'connecting' })
  await vi.waitFor(() => expect(sockets).toHaveLength(2))
  expect(socket().protocols).toContain('webmacs.token.new')
  socket().end(1008, 'Token has been revoked')
  expect(stream.state()).toEqual({ status: 'stopped', reason: 'unauthorized', detail: 'Token has been revoked' })
  expect(asked).toEqual(['old'])
})

test('tries again when another token cannot be had for the moment', async () => {
  const answers = [
    () =>
      Promise.reject(new ClientError({ status: 503, code: 'database.unavailable', detail: 'The database is away.' })),
    () => Promise.resolve('new'),
    () => Promise.reject(new ClientError({ status: 401, code: 'auth.bad-credentials', detail: 'Wrong password.' })),
  ]
  stream.stop()
  sockets.length = 0
  stream = createLiveStream({
    url: 'ws://rig',
    getToken: () => 'old',
    onState: () => undefined,
    onReadings: () => undefined,
    onUnauthorized: () => answers.shift()?.(),
    openSocket: (url, protocols) => {
      const opened = new FakeSocket(url, protocols)
      sockets.push(opened)
      return opened
    },
    timers,
    random: () => 0.5,
  })
  stream.start()
  socket().end(1008, 'Token has been revoked')
  await vi.waitFor(() => expect(stream.state()).toMatchObject({ reason: 'Logging in failed' }))
  timers.advance(1000)
  expect(sockets).toHaveLength(2)
  socket().end(1008, 'Token has been revoked')
  await vi.waitFor(() => expect(sockets).toHaveLength(3))
  socket().say(CONNECTED)
  timers.advance(5000)
  socket().end(1008, 'Token has been revoked')
  await vi.waitFor(() => expect(stream.state()).toMatchObject({ status: 'stopped', detail: 'Wrong password.' }))
})
