import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import type { LiveState } from './live-state.ts'
import { createLiveStream, type LiveStream } from './live-stream.ts'

let server: WebSocketServer
let stream: LiveStream | undefined
let refusals: number

afterEach(async () => {
  stream?.stop()
  for (const client of server.clients) client.terminate()
  server.close()
})

async function follow(values: number[] = []): Promise<{ next: (status: LiveState['status']) => Promise<LiveState> }> {
  refusals = 0
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // listens on TCP
  const seen = new EventTarget()
  stream = createLiveStream({
    url: `ws://127.0.0.1:${port}`,
    getToken: () => 'secret',
    onState: (state) => seen.dispatchEvent(new Event(state.status)),
    onReadings: (datapoints) => values.push(...datapoints.map(({ value }) => value)),
    onUnauthorized: () => refusals++,
    random: () => 0,
  })
  const followed = stream
  const next = async (status: LiveState['status']): Promise<LiveState> => {
    await once(seen, status, { signal: AbortSignal.timeout(5000) })
    return followed.state()
  }
  return { next }
}

test('follows a real server, and comes back with its subscription after the connection breaks', async () => {
  const subscriptions: string[] = []
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  server.on('connection', (socket) => {
    socket.on('message', (data) => subscriptions.push(String(data)))
    socket.send('{"type":"connected","message":"Hello"}')
    socket.send('{"type":"datapoints_batch","datapoints":[{"value":1}]}')
  })
  const values: number[] = []
  const { next } = await follow(values)
  const live = next('live')
  stream?.start()
  await live
  stream?.subscribe(['evt_a'])
  await expect.poll(() => subscriptions).toHaveLength(1)
  const lost = next('connecting')
  for (const client of server.clients) client.terminate()
  await lost
  await next('live')
  await expect.poll(() => values).toEqual([1, 1])
  await expect.poll(() => subscriptions).toHaveLength(2)
})

test('stops when a real server refuses the token after the handshake', async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  server.on('connection', (socket) => socket.close(1008, 'Invalid or expired token'))
  const { next } = await follow()
  const stopped = next('stopped')
  stream?.start()
  expect(await stopped).toMatchObject({ status: 'stopped', reason: 'unauthorized' })
})

test('comes back at once with the same token when the role has changed', async () => {
  const tokens: unknown[] = []
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  server.on('connection', (socket, request) => {
    tokens.push(request.headers['sec-websocket-protocol'])
    socket.send('{"type":"connected","message":"Hello"}')
  })
  const { next } = await follow()
  const live = next('live')
  stream?.start()
  await live
  const lost = next('connecting')
  for (const client of server.clients) client.close(1008, 'Role has changed')
  expect(await lost).toMatchObject({ status: 'connecting', reason: 'Role has changed' })
  await next('live')
  expect(tokens).toEqual(['webmacs, webmacs.token.secret', 'webmacs, webmacs.token.secret'])
  expect(refusals).toBe(0)
})
