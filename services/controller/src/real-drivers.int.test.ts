import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { request } from '@webmacs/bus'
import { CommandReport, type DesiredInstance, formatTime, newId, nowMicros } from '@webmacs/contracts'
import { startTestSite } from '@webmacs/plugin-http/testing'
import { startModbusTestServer } from '@webmacs/plugin-modbus/testing'
import { startTcpProxy, until } from '@webmacs/testing'
import { openPtyPair } from '@webmacs/testing/pty'
import { Aedes } from 'aedes'
import { expect, test } from 'vitest'
import { aDesired, type Site, startSite } from './testing/site.ts'

const BUNDLED = fileURLToPath(new URL('../plugins', import.meta.url))
const PATIENT = { timeoutMs: 60_000 }

/** A device with a sensor that shows 21.5 and an output. */
interface Peer extends AsyncDisposable {
  readonly config: DesiredInstance['config']
  /** Has the cable cut, and put back. */
  cut(): void
  mend(): void
  /** What the output was set to. */
  output(): number
}

const hostOf = (url: string) => ({ host: new URL(url).hostname, port: Number(new URL(url).port) })

async function modbusPeer(): Promise<Peer> {
  const stack = new AsyncDisposableStack()
  const server = stack.use(await startModbusTestServer())
  const proxy = stack.use(await startTcpProxy(server.url))
  server.holding.writeUInt16BE(215, 0)
  const registers = [
    { id: 'sensor', address: 0, scale: 0.1 },
    { id: 'output', address: 1, writable: true },
  ]
  return {
    config: { ...hostOf(proxy.url), timeout_seconds: 1, registers },
    cut: () => proxy.refuse(),
    mend: () => proxy.resume(),
    output: () => server.holding.readUInt16BE(2),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function httpPeer(): Promise<Peer> {
  const stack = new AsyncDisposableStack()
  const site = stack.use(await startTestSite())
  const proxy = stack.use(await startTcpProxy(site.url.replace('http:', 'tcp:')))
  let output = 0
  site.pages.set('/state', (response) => response.end(JSON.stringify({ sensor: 21.5, output })))
  site.pages.set('/output', (response) => {
    output = Number(site.requests.at(-1)?.body)
    response.end('{}')
  })
  const { host, port } = hostOf(proxy.url)
  return {
    config: {
      base_url: `http://${host}:${port}`,
      timeout_seconds: 1,
      channels: [{ id: 'sensor', path: '/state', value_path: 'sensor' }],
      outputs: [{ id: 'output', path: '/output', read_path: '/state', value_path: 'output' }],
    },
    cut: () => proxy.refuse(),
    mend: () => proxy.resume(),
    output: () => output,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function mqttPeer(): Promise<Peer> {
  const stack = new AsyncDisposableStack()
  const broker = await Aedes.createBroker()
  stack.defer(() => broker.close())
  const server = createServer((socket) => broker.handle(socket)).listen(0, '127.0.0.1')
  stack.defer(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // listening on TCP
  const proxy = stack.use(await startTcpProxy(`tcp://127.0.0.1:${port}`))
  const say = (topic: string, payload: string): void =>
    broker.publish({ cmd: 'publish', topic, payload, qos: 1, retain: false, dup: false }, () => undefined)
  const speaking = setInterval(() => say('sensor', '21.5'), 200)
  stack.defer(() => clearInterval(speaking))
  let output = 0
  const take = (packet: { payload: string | Buffer }, done: () => void): void => {
    output = Number(String(packet.payload))
    say('output/state', String(output))
    done()
  }
  await new Promise<void>((resolve) => broker.subscribe('output/set', take, resolve))
  return {
    config: {
      ...hostOf(proxy.url),
      channels: [{ id: 'sensor', name: 'Sensor', topic: 'sensor' }],
      outputs: [{ id: 'output', name: 'Output', topic: 'output/set', state_topic: 'output/state' }],
    },
    cut: () => proxy.refuse(),
    mend: () => proxy.resume(),
    output: () => output,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** A serial cable without its device is a line on which nobody answers. */
async function serialPeer(): Promise<Peer> {
  const pair = openPtyPair()
  let isCut = false
  let output = 0
  let line = ''
  pair.peer.on('error', () => undefined)
  pair.peer.on('data', (bytes: Buffer | string) => {
    line += bytes.toString()
    for (let end = line.indexOf('\n'); end >= 0; end = line.indexOf('\n')) {
      const [verb, value] = line.slice(0, end).trim().split(' ')
      line = line.slice(end + 1)
      if (verb === 'SET') output = Number(value)
      if (!isCut) pair.peer.write(verb === 'SET' ? `OK ${output}\r\n` : 'T 21.5\r\n')
    }
  })
  return {
    config: {
      ...{ path: pair.path, mode: 'poll', framing: { by: 'delimiter', delimiter: '\\r\\n' }, timeout_seconds: 1 },
      channels: [{ id: 'sensor', name: 'Sensor', request: 'GET\\r\\n', pattern: 'T (\\d+\\.\\d+)' }],
      outputs: [{ id: 'output', name: 'Output', command: 'SET {value}\\r\\n', reply: 'OK (\\d+)' }],
    },
    cut: () => {
      isCut = true
    },
    mend: () => {
      isCut = false
    },
    output: () => output,
    [Symbol.asyncDispose]: async () => pair[Symbol.dispose](),
  }
}

const setOutput = (site: Site, { instance }: DesiredInstance, value: number): Promise<CommandReport> => {
  const now = nowMicros()
  const command = {
    ...{ id: newId('cmd'), instance, channel: 'output', event: null, value },
    requested_by: { kind: 'user', id: newId('usr'), name: 'Ada' },
    ...{ requested_on: formatTime(now), expires_at: formatTime(now + 10_000_000), answer_within_ms: 10_000 },
  }
  return request(site.bus, site.bus.names.subjects.commands('lab-1'), command, CommandReport, { timeoutMs: 15_000 })
}

test.each([
  ['modbus', modbusPeer],
  ['http', httpPeer],
  ['mqtt', mqttPeer],
  ['serial', serialPeer],
])('reads, sets, loses and finds again a device by the driver %s', { timeout: 120_000 }, async (plugin, startPeer) => {
  await using peer = await startPeer()
  const environment = { PLUGIN_FOLDERS: JSON.stringify([BUNDLED]), LOG_LEVEL: 'fatal', DEVICE_READ_TIMEOUT_MS: '5000' }
  await using site = await startSite({ environment })
  const channels: DesiredInstance['channels'] = [
    { channel: 'sensor', event: newId('evt'), direction: 'input', settings: {} },
    { channel: 'output', event: newId('evt'), direction: 'output', settings: {} },
  ]
  const instance = await site.want({ ...aDesired(), plugin, config: peer.config, channels })
  await site.startController()
  const statusIs = (wanted: string) =>
    until(`${plugin} is ${wanted}`, async () => (await site.reported(instance))?.status === wanted, PATIENT)
  const values = () => site.valuesOf(instance, 'sensor')
  await statusIs('connected')
  await until('a value arrives', () => values().includes(21.5), PATIENT)
  expect(await setOutput(site, instance, 42)).toMatchObject({ state: 'confirmed', written: 42, readback: 42 })
  expect(peer.output()).toBe(42)

  peer.cut()
  await statusIs('error')
  expect((await site.reported(instance))?.error_message).toBeTruthy()
  await until('a bad reading', () => values().at(-1) === null, PATIENT)

  peer.mend()
  await statusIs('connected')
  await until('values arrive again', () => values().at(-1) === 21.5, PATIENT)
  expect((await site.reported(instance))?.restarts).toBe(0)
})
