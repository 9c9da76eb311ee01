import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { NewDatapoint, TelemetryMessage } from '@webmacs/contracts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { ClientError } from './client-error.ts'
import { createFakeTimers } from './fake-timers.ts'
import { createTelemetrySender, type TelemetrySender, type TelemetrySenderOptions } from './telemetry.ts'

type Misbehaviour = (socket: WebSocket, message: TelemetryMessage) => void

let server: WebSocketServer
let sender: TelemetrySender | undefined
/** What the server does with the messages it gets, one after the other; then it acknowledges. */
let misbehaviours: Misbehaviour[]
let received: TelemetryMessage[]
let tokens: string[]

const acknowledge: Misbehaviour = (socket, { id, datapoints }) =>
  socket.send(JSON.stringify({ type: 'ack', id, accepted: datapoints.length, rejected: [] }))

beforeEach(async () => {
  misbehaviours = []
  received = []
  tokens = []
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  server.on('connection', (socket, request) => {
    const token = String(request.headers['sec-websocket-protocol']).replace(/^webmacs, ?webmacs\.token\./, '')
    tokens.push(token)
    if (token === 'revoked') socket.close(1008, 'Token has been revoked')
    if (token === 'viewer') socket.close(1008, 'Operator privileges required')
    socket.on('message', (data) => {
      const message: TelemetryMessage = JSON.parse(String(data))
      received.push(message)
      const answer = misbehaviours.shift() ?? acknowledge
      answer(socket, message)
    })
  })
  await once(server, 'listening')
})

afterEach(() => {
  sender?.close()
  for (const socket of server.clients) socket.terminate()
  server.close()
})

function open(options: Partial<TelemetrySenderOptions> = {}): TelemetrySender {
  const { port } = server.address() as AddressInfo // listens on TCP
  sender = createTelemetrySender({ url: `ws://127.0.0.1:${port}`, getToken: () => 'good', random: () => 0, ...options })
  return sender
}
const readings = (count: number): NewDatapoint[] =>
  Array.from({ length: count }, (_, value) => ({ value, event_public_id: 'evt_a' }))
const ids = (): unknown[] => received.map(({ id }) => id)

test('tells what became of the readings, in batches that the server takes', async () => {
  misbehaviours.push((socket, { id }) =>
    socket.send(JSON.stringify({ type: 'ack', id, accepted: 499, rejected: [{ index: 7, code: 'bad_time' }] })),
  )
  misbehaviours.push((socket, { id }) =>
    socket.send(JSON.stringify({ type: 'ack', id, accepted: 0, rejected: [{ index: 0, code: 'bad_time' }] })),
  )
  const outcome = await open().send(readings(501))
  expect(outcome).toMatchObject({ accepted: 499, rejected: [{ index: 7 }, { index: 500 }] })
  expect(received.map(({ datapoints }) => datapoints.length)).toEqual([500, 1])
})

test('sends what was not acknowledged again under the same id when the connection breaks', async () => {
  misbehaviours.push((socket) => socket.terminate())
  const { send } = open()
  expect(await Promise.all([send(readings(1)), send(readings(2))])).toMatchObject([{ accepted: 1 }, { accepted: 2 }])
  expect(new Set(ids()).size).toBe(2)
  expect(tokens).toHaveLength(2)
  expect(received.at(-2)).toEqual(received[0])
})

test('takes a server that owes an answer as away', async () => {
  misbehaviours.push(() => undefined)
  expect(await open({ answerTimeoutMs: 50 }).send(readings(1))).toMatchObject({ accepted: 1 })
  expect(tokens).toHaveLength(2)
  expect(ids()[1]).toBe(ids()[0])
})

test('takes a server that owes an answer as away, also while there is more to send', async () => {
  misbehaviours = [() => undefined, () => undefined]
  const timers = createFakeTimers()
  const { send } = open({ timers })
  const sent: Promise<unknown>[] = []
  for (const count of [1, 2]) {
    sent.push(send(readings(count)))
    await expect.poll(() => received).toHaveLength(count)
    timers.advance(8000) // of fifteen seconds, and half a second until it connects again
  }
  expect(await Promise.all(sent)).toMatchObject([{ accepted: 1 }, { accepted: 2 }])
  expect(tokens).toHaveLength(2)
})

test('waits as long as the server asks for, and sends it again', async () => {
  misbehaviours.push((socket, { id }) =>
    socket.send(JSON.stringify({ type: 'error', message: 'Slow down', id, retry_after_seconds: 0.05 })),
  )
  const began = performance.now()
  expect(await open().send(readings(1))).toMatchObject({ accepted: 1 })
  expect(performance.now() - began).toBeGreaterThan(45)
  expect(ids()[1]).toBe(ids()[0])
  expect(tokens).toHaveLength(1)
})

test('fails with the code of an error that asks for nothing, and goes on', async () => {
  misbehaviours.push((socket) =>
    socket.send(JSON.stringify({ type: 'error', message: 'No valid datapoints in batch', code: 'request.invalid' })),
  )
  const { send } = open()
  await expect(send(readings(1))).rejects.toMatchObject({
    code: 'request.invalid',
    message: 'No valid datapoints in batch',
  })
  expect(await send(readings(1))).toMatchObject({ accepted: 1 })
})

test('fails when the token is refused, and connects anew for what is sent later', async () => {
  let token = 'revoked'
  const { send } = open({ getToken: () => token })
  await expect(send(readings(1))).rejects.toMatchObject({
    code: 'auth.invalid-token',
    message: 'Token has been revoked',
  })
  token = 'good'
  expect(await send(readings(1))).toMatchObject({ accepted: 1 })
})

test('goes on with another token when it is handed one', async () => {
  let token = 'revoked'
  const { send } = open({
    getToken: async () => token,
    onUnauthorized: async () => {
      token = 'good'
      return token
    },
  })
  expect(await send(readings(1))).toMatchObject({ accepted: 1 })
  expect(tokens).toEqual(['revoked', 'good'])
})

test('fails without asking for another token when the user may not send', async () => {
  let token = 'viewer'
  let asked = 0
  const { send } = open({ getToken: () => token, onUnauthorized: () => asked++ })
  await expect(send(readings(1))).rejects.toMatchObject({
    status: 403,
    code: 'auth.forbidden',
    message: 'Operator privileges required',
  })
  token = 'good' // the user has become an operator
  expect(await send(readings(1))).toMatchObject({ accepted: 1 })
  expect(asked).toBe(0)
})

test('connects again with the same token when the role has changed: at once, and then after growing pauses', async () => {
  const close: Misbehaviour = (socket) => socket.close(1008, 'Role has changed')
  misbehaviours = [close, close]
  let asked = 0
  const timers = createFakeTimers()
  const sent = open({ timers, onUnauthorized: () => asked++ }).send(readings(1))
  await expect
    .poll(() => {
      timers.advance(0)
      return received
    })
    .toHaveLength(2)
  await expect
    .poll(() => {
      timers.advance(100)
      return received
    })
    .toHaveLength(3)
  expect(await sent).toMatchObject({ accepted: 1 })
  expect(timers.now()).toBeGreaterThan(0)
  expect(new Set(ids()).size).toBe(1)
  expect(asked).toBe(0)
})

test('connects again when another token cannot be had for the moment', async () => {
  let token = 'revoked'
  let isLoginAway = true
  const { send } = open({
    getToken: () => token,
    onUnauthorized: async () => {
      if (isLoginAway) {
        isLoginAway = false
        throw new ClientError({ status: 503, code: 'database.unavailable', detail: 'The database is away.' })
      }
      token = 'good'
      return token
    },
  })
  expect(await send(readings(1))).toMatchObject({ accepted: 1 })
  expect(tokens).toEqual(['revoked', 'revoked', 'good'])
})

test('keeps no more than it may, forgets what its sender gave up, and fails what waits when it is closed', async () => {
  misbehaviours.push(() => undefined)
  const { send, close } = open({ maxUnanswered: 1, maxQueued: 10 })
  const abort = new AbortController()
  const given = send(readings(4), { signal: abort.signal })
  const waiting = send(readings(6))
  await expect(send(readings(1))).rejects.toMatchObject({ code: 'queue-full' })
  await expect.poll(() => received).toHaveLength(1)
  abort.abort(new Error('too late'))
  await expect(given).rejects.toThrow('too late')
  close()
  await expect(waiting).rejects.toMatchObject({ code: 'closed' })
  await expect(send(readings(1))).rejects.toMatchObject({ code: 'closed' })
})
