import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { AddressInfo, Socket } from 'node:net'
import { createServer, type Server } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { DevicePlugin } from '@webmacs/plugin-sdk'
import { describeConformance } from '@webmacs/plugin-sdk/conformance'
import { createTestDevice } from '@webmacs/plugin-sdk/testing'
import { Aedes } from 'aedes'
import selfsigned from 'selfsigned'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { plugin } from './index.ts'

const GUIDE = new URL('../../../../../docs/guides/drivers/mqtt.md', import.meta.url)
const signal = AbortSignal.timeout(120_000)
const sockets = new Set<Socket>()
let broker: Aedes
let server: Server
let config: object

const portOf = (one: Server): number => (one.address() as AddressInfo).port // listening on TCP

beforeAll(async () => {
  broker = await Aedes.createBroker()
  server = createServer((socket) => {
    sockets.add(socket)
    broker.handle(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  // The valve of the guide: takes what it is told, and says what it has.
  await broker.subscribe(
    'lab/valve/set',
    (packet, done) => {
      say('lab/valve/state', JSON.stringify({ open: String(packet.payload) === 'OPEN' }))
      done()
    },
    () => undefined,
  )
  const example = JSON.parse(/```json\n([\s\S]*?)```/.exec(await readFile(GUIDE, 'utf8'))?.[1] ?? '')
  config = { ...example, host: '127.0.0.1', port: portOf(server), username: '', password: '' }
})
afterAll(async () => {
  server.close()
  for (const socket of sockets) socket.destroy()
  broker.close()
})

function say(topic: string, payload: string, retain = false): void {
  broker.publish({ cmd: 'publish', topic, payload, qos: 1, retain, dup: false }, () => undefined)
}

/** A connected device, and a way to wait for what it pushes. */
async function aDevice(changes: object = {}) {
  const device = await createTestDevice(plugin, { config: { ...config, ...changes } })
  const heard: Record<string, number | null> = {}
  device.listen({
    pushed: (readings) => {
      for (const { channel, value } of readings) heard[channel] = value
    },
    lost: () => undefined,
  })
  await device.connect(signal)
  return { device, heard }
}

describe('conformance', () =>
  describeConformance(plugin, test, { device: () => config, unreachable: { host: '127.0.0.1', port: 9 } }))

test('takes values as they come, from plain payloads and from JSON', async () => {
  const { device, heard } = await aDevice()
  say('lab/reactor/temperature', '81.25')
  say('lab/reactor/climate', '{"sensors":[{"humidity":"44.5"}]}')
  await expect.poll(() => heard).toEqual({ temperature: 81.25, humidity: 44.5 })
  say('lab/reactor/temperature', 'warm')
  say('lab/reactor/climate', '{"sensors":[]}')
  say('lab/reactor/temperature', '82')
  await expect.poll(() => heard.temperature).toBe(82)
  expect(heard.humidity).toBe(44.5)
  await device.disconnect(signal)
})

test('sets an output and reads back what the device tells', async () => {
  const { device } = await aDevice()
  await device.write('valve', 1, signal)
  await expect.poll(async () => (await device.read(['valve'], signal))[0]?.value).toBe(1)
  await device.disconnect(signal)
})

test.each([
  [true, 17],
  [false, undefined],
])('what the broker kept counts only where it is wanted: %s', async (use_retained, value) => {
  say('lab/kept', '17', true)
  const channels = [
    { id: 'kept', topic: 'lab/kept', use_retained },
    { id: 'fresh', topic: 'lab/fresh' },
  ]
  const { device, heard } = await aDevice({ channels, outputs: [] })
  if (use_retained) await expect.poll(() => heard.kept).toBe(17)
  say('lab/fresh', '1')
  await expect.poll(() => heard.fresh).toBe(1)
  expect(heard.kept).toBe(value)
  await device.disconnect(signal)
})

test('says at once that the broker is gone, and takes values again when it is back', async () => {
  const { device, heard } = await aDevice()
  const lost = Promise.withResolvers<Error>()
  device.listen({ pushed: () => undefined, lost: lost.resolve })
  for (const socket of sockets) socket.destroy()
  expect(await lost.promise).toMatchObject({ code: 'connection' })
  await expect(device.write('valve', 1, signal)).rejects.toMatchObject({ code: 'wrong_state' })
  listenAgain(device, heard)
  await device.connect(signal)
  say('lab/reactor/temperature', '5')
  await expect.poll(() => heard.temperature).toBe(5)
  await device.disconnect(signal)
})

function listenAgain(device: DevicePlugin<unknown>, heard: Record<string, number | null>): void {
  device.listen({
    pushed: (readings) => {
      for (const { channel, value } of readings) heard[channel] = value
    },
    lost: () => undefined,
  })
}

test('shows its credentials to the broker, and says when they are refused', async () => {
  const guarded = await Aedes.createBroker({
    authenticate: (_client, username, password, done) => done(null, username === 'lab' && String(password) === 'right'),
  })
  const door = createServer(guarded.handle).listen(0, '127.0.0.1')
  await once(door, 'listening')
  const login = { port: portOf(door), username: 'lab' }
  const { device } = await aDevice({ ...login, password: 'right' })
  await device.disconnect(signal)
  await expect(aDevice({ ...login, password: 'wrong' })).rejects.toThrow(/cannot be reached: .*[Nn]ot authorized/)
  door.close()
  guarded.close()
})

test('speaks TLS, and trusts only whom it should', async () => {
  const { private: key, cert } = await selfsigned.generate([{ name: 'commonName', value: 'localhost' }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  })
  const door = createTlsServer({ key, cert }, (socket) => void broker.handle(socket)).listen(0, '127.0.0.1')
  await once(door, 'listening')
  const secure = { host: 'localhost', port: portOf(door), transport: 'tls' }
  const { device } = await aDevice({ ...secure, tls: { ca: cert } })
  await device.disconnect(signal)
  await expect(aDevice(secure)).rejects.toMatchObject({ code: 'connection' })
  door.close()
})

test('says which path is none', async () => {
  const channels = [{ id: 'a', topic: 'a', value_path: 'a..b' }]
  await expect(createTestDevice(plugin, { config: { channels } })).rejects.toThrow('channel "a": the path "a..b"')
})
