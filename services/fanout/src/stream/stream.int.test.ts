import { once } from 'node:events'
import { type EventId, type Frame, formatTime, newId, nowMicros, type StreamMessage } from '@webmacs/contracts'
import { aFrame, until, valuesOf } from '@webmacs/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { aViewer, type FanoutSite, startFanoutSite, type TestClient } from '../testing/fanout-site.ts'

const A: EventId = newId('evt')
const B: EventId = newId('evt')

let site: FanoutSite
beforeEach(async () => {
  site = await startFanoutSite()
})
afterEach(() => site[Symbol.asyncDispose]())

interface Viewer extends TestClient<StreamMessage> {
  /** Values that have come so far. */
  updates(): Extract<StreamMessage, { type: 'datapoints_batch' }>['datapoints']
}

async function connectLive(): Promise<Viewer> {
  const client = await aViewer(site)
  const updates: Viewer['updates'] = () =>
    client.messages.flatMap((message) => (message.type === 'datapoints_batch' ? message.datapoints : []))
  return { ...client, updates }
}

const publish = (frame: Frame) =>
  site.bus.bus.js.publish(site.bus.bus.names.subjects.readings(frame.source), JSON.stringify(frame))

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
  site.bus.bus.nc.publish(site.bus.bus.names.subjects.readings('lab-1'), body)
  await publish(aFrame({ values: valuesOf([[A, 1]]) }))
  await until('the good frame', () => client.updates().length === 1)
})

test.each(['/ws/elsewhere', '/ws/datapoints/stream/', '/ws/controller', '/'])(
  'refuses %s during the handshake',
  async (path) => {
    const socket = new WebSocket(`ws://127.0.0.1:${site.port}${path}?token=x`)
    socket.on('error', () => undefined) // the refusal itself arrives as unexpected-response
    const [request, response] = await once(socket, 'unexpected-response')
    request.destroy()
    expect(response.statusCode).toBe(403)
  },
)

test('names the experiment that runs, with values from its start on', async () => {
  const startedOn = nowMicros()
  const client = await connectLive()
  const send = (event: EventId, micros: number) =>
    publish(aFrame({ time: formatTime(micros), values: valuesOf([[event, 1]]) }))
  const experimentOf = (event: EventId) =>
    client.updates().findLast(({ event_public_id }) => event_public_id === event)?.experiment_public_id
  const id = newId('exp')
  site.api.running = { experiment: { public_id: id, started_on: formatTime(startedOn) } }
  await site.api.tell('experiment', 'started', id)
  await until('the experiment', async () => {
    await send(A, nowMicros())
    return experimentOf(A) === id
  })
  await send(B, startedOn - 1)
  await until('an earlier value', () => experimentOf(B) !== undefined)
  expect(experimentOf(B)).toBeNull()
  site.api.running = { experiment: null }
  await site.api.tell('experiment', 'stopped', id)
  await until('no experiment', async () => {
    await send(A, nowMicros())
    return experimentOf(A) === null
  })
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
  site.proxy.refuse()
  await until('stale', () => sources().at(-1) === 'stale')
  site.proxy.resume()
  await until('live', () => sources().at(-1) === 'live')
  await publish(aFrame({ values: valuesOf([[A, 7]]) }))
  await until('a value after the outage', () => client.updates().at(-1)?.value === 7)
})
