import { readFile } from 'node:fs/promises'
import { ConnectionError } from '@webmacs/plugin-sdk'
import { describeConformance } from '@webmacs/plugin-sdk/conformance'
import { createTestDevice } from '@webmacs/plugin-sdk/testing'
import { startTcpProxy, until } from '@webmacs/testing'
import { openPtyPair } from '@webmacs/testing/pty'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { plugin } from './index.ts'
import { emptyTables, type ModbusTestServer, serveRtu, startModbusTestServer } from './testing/test-server.ts'

const EXAMPLE = new URL('../../../../../docs/examples/modbus-heat-meter.json', import.meta.url)
const FAULT = { value: null, quality: ['bad', 'sensor_fault'] }

describe('conformance', () => {
  let server: ModbusTestServer
  let example: object
  beforeAll(async () => {
    example = JSON.parse(await readFile(EXAMPLE, 'utf8'))
    server = await startModbusTestServer()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  describeConformance(plugin, test, {
    device: () => ({ ...example, host: server.host, port: server.port }),
    unreachable: { host: '127.0.0.1', port: 9 },
  })
})

const deadline = (): AbortSignal => AbortSignal.timeout(20_000)

interface Target {
  readonly host: string
  readonly port: number
}

const target = (url: string): Target => ({ host: new URL(url).hostname, port: Number(new URL(url).port) })

async function connected({ host, port }: Target, config: Record<string, unknown> = {}) {
  const device = await createTestDevice(plugin, { config: { host, port, timeout_seconds: 5, ...config } })
  await device.connect(deadline())
  return Object.assign(device, { [Symbol.asyncDispose]: () => device.disconnect(deadline(), { outputs: 'keep' }) })
}

const valuesOf = async (device: Awaited<ReturnType<typeof connected>>, ids = device.channels.map(({ id }) => id)) =>
  Object.fromEntries((await device.read(ids, deadline())).map(({ channel, value }) => [channel, value]))

test('reads and writes the device of the guide', async () => {
  await using server = await startModbusTestServer()
  server.input.writeFloatBE(61.25, 0)
  server.input.writeUInt32BE(123_456, 2 * 2)
  server.holding.writeInt16BE(-55, 100 * 2)
  server.discrete.writeUInt8(0b10, 0)
  const { host, port, ...example } = JSON.parse(await readFile(EXAMPLE, 'utf8'))
  expect(typeof host, 'the guide names a host').toBe('string')
  expect(port).toBe(502)
  await using device = await connected(server, example)
  expect(await valuesOf(device)).toEqual({
    flow_temperature: 61.25,
    energy: 1234.56,
    outside_temperature: -5.5,
    frost_alarm: 1,
    setpoint: 0,
    pump: 0,
  })
  expect(await device.write('setpoint', 48.26, deadline())).toMatchObject({
    written: 48.26,
    readback: expect.closeTo(48.3),
  })
  expect(server.holding.readInt16BE(101 * 2)).toBe(483)
  expect(await device.write('pump', 1, deadline())).toMatchObject({ readback: 1 })
  expect(server.coils.readUInt8(0)).toBe(0b1000)
})

test('asks once for neighbours', async () => {
  await using server = await startModbusTestServer()
  await using device = await connected(server)
  await valuesOf(device)
  expect(server.requests).toEqual(['unit 1: FC3 0+3'])
})

test('is not blinded by one register that the device does not have, and learns where it is', async () => {
  await using server = await startModbusTestServer()
  for (let address = 0; address < 8; address++) server.holding.writeUInt16BE(address + 10, address * 2)
  server.faults.set(5, 2)
  const registers = Array.from({ length: 8 }, (_, address) => ({ id: `r${address}`, address }))
  await using device = await connected(server, { registers })
  const expected = registers.map(({ id, address }) =>
    address === 5 ? { channel: id, ...FAULT } : { channel: id, value: address + 10, quality: [] },
  )
  const ids = registers.map(({ id }) => id)
  expect(await device.read(ids, deadline())).toEqual(expected)
  const asked = server.requests.length
  expect(await device.read(ids, deadline())).toEqual(expected)
  expect(server.requests.slice(asked)).toEqual([
    'unit 1: FC3 0+4',
    'unit 1: FC3 4+1',
    'unit 1: FC3 5+1',
    'unit 1: FC3 6+2',
  ])
  expect(device.state).toBe('connected')
})

test('says in a sentence why the device refuses a write', async () => {
  await using server = await startModbusTestServer()
  server.faults.set(2, 4)
  await using device = await connected(server)
  await expect(device.write('valve_setpoint', 5, deadline())).rejects.toThrow(
    'the device has failed inside (unit 1, Modbus exception 4)',
  )
})

test('refuses a value that the register does not hold, and writes nothing', async () => {
  await using server = await startModbusTestServer()
  const registers = [{ id: 'speed', address: 0, max: 100_000, writable: true }]
  await using device = await connected(server, { registers })
  await expect(device.write('speed', 70_000, deadline())).rejects.toThrow('does not fit into uint16')
  expect(server.requests).toEqual([])
})

test('writes with the functions for several registers where the device demands it', async () => {
  await using server = await startModbusTestServer()
  const registers = [
    { id: 'speed', address: 3, writable: true, readback: false },
    { id: 'total', address: 4, data_type: 'int32', writable: true, readback: false },
    { id: 'lamp', kind: 'coil', address: 9, writable: true },
    { id: 'bit', data_type: 'bool', address: 8, bit: 2, writable: true },
  ]
  await using device = await connected(server, { registers, write_function: 'multiple' })
  server.holding.writeUInt16BE(0x8001, 8 * 2)
  await device.write('speed', 12, deadline())
  await device.write('total', 77, deadline())
  expect(await device.write('lamp', 1, deadline())).toMatchObject({ readback: 1 })
  expect(await device.write('bit', 1, deadline())).toMatchObject({ readback: 1 })
  expect(server.holding.readUInt16BE(8 * 2)).toBe(0x8005)
  expect(server.requests).toEqual([
    'unit 1: FC16 3+1',
    'unit 1: FC16 4+2',
    'unit 1: FC15 9+1',
    'unit 1: FC1 9+1',
    'unit 1: FC3 8+1',
    'unit 1: FC16 8+1',
    'unit 1: FC3 8+1',
  ])
})

test('says that a device is silent, and hears it when it speaks again', async () => {
  await using server = await startModbusTestServer()
  server.silentUnits.add(1)
  await using device = await connected(server, { timeout_seconds: 0.5 })
  await expect(valuesOf(device)).rejects.toThrow('unit 1 did not answer within 0.5 s')
  server.silentUnits.clear()
  expect(await valuesOf(device)).toMatchObject({ temperature: 0 })
})

test('reads the other units of a line when one is silent, and does not wait for it each time', async () => {
  await using server = await startModbusTestServer()
  server.silentUnits.add(2)
  const registers = [
    { id: 'one', address: 0 },
    { id: 'two', address: 0, unit_id: 2 },
    { id: 'two_more', address: 90, unit_id: 2 },
    { id: 'three', address: 0, unit_id: 3 },
  ]
  await using device = await connected(server, { registers, timeout_seconds: 0.5 })
  for (let cycle = 0; cycle < 3; cycle++)
    expect(await valuesOf(device)).toEqual({ one: 0, two: null, two_more: null, three: 0 })
  expect(server.requests.filter((request) => request.startsWith('unit 2'))).toHaveLength(1)
})

test('ends when it is told to, though the device does not answer', async () => {
  await using server = await startModbusTestServer()
  server.silentUnits.add(1)
  await using device = await connected(server, { timeout_seconds: 30 })
  const told = new AbortController()
  const reading = device.read(['temperature'], told.signal)
  await until('the request is out', () => server.requests.length > 0)
  told.abort(new Error('enough'))
  await expect(reading).rejects.toThrow('enough')
})

test('lets a write go before reads that wait', async () => {
  await using server = await startModbusTestServer()
  const registers = [
    { id: 'a', address: 0 },
    { id: 'b', address: 100 },
    { id: 'out', address: 200, writable: true },
  ]
  await using device = await connected(server, { registers })
  await Promise.all([
    device.read(['a'], deadline()),
    device.read(['b'], deadline()),
    device.write('out', 1, deadline()),
  ])
  expect(server.requests).toEqual(['unit 1: FC3 0+1', 'unit 1: FC6 200+1', 'unit 1: FC3 200+1', 'unit 1: FC3 100+1'])
})

test('notices a cut cable at once, and reads again when it is back', async () => {
  await using server = await startModbusTestServer()
  await using proxy = await startTcpProxy(server.url)
  await using device = await connected(target(proxy.url))
  const lost: Error[] = []
  device.listen({ pushed: () => undefined, lost: (err) => void lost.push(err) })
  proxy.refuse()
  await until('the loss is told', () => lost.length > 0)
  expect(lost[0]).toBeInstanceOf(ConnectionError)
  expect(device.state).toBe('error')
  proxy.resume()
  await device.connect(deadline())
  expect(await valuesOf(device)).toMatchObject({ temperature: 0 })
})

test('does not wait for an answer on a cable that is cut meanwhile', async () => {
  await using server = await startModbusTestServer()
  server.silentUnits.add(1)
  await using proxy = await startTcpProxy(server.url)
  await using device = await connected(target(proxy.url), { timeout_seconds: 30 })
  const reading = device.read(['temperature'], deadline())
  reading.catch(() => undefined) // looked at below
  await until('the request is out', () => server.requests.length > 0)
  proxy.cut()
  await expect(reading).rejects.toMatchObject({ code: 'connection' })
})

test('says where nothing listens', async () => {
  await using server = await startModbusTestServer()
  const { host, port } = server
  await server[Symbol.asyncDispose]()
  const device = await createTestDevice(plugin, { config: { host, port } })
  await expect(device.connect(deadline())).rejects.toThrow(`${host}:${port} cannot be reached`)
})

test('speaks RTU frames through a gateway', async () => {
  await using server = await startModbusTestServer({ rtu: true })
  server.holding.writeInt16BE(215, 0)
  await using device = await connected(server, { transport: 'rtu_over_tcp' })
  expect(await valuesOf(device)).toMatchObject({ temperature: 21.5 })
  expect(await device.write('valve_setpoint', 40, deadline())).toMatchObject({ readback: 40 })
})

test('speaks RTU on a serial line', async () => {
  using line = openPtyPair()
  const tables = emptyTables()
  serveRtu(line.peer, tables)
  tables.holding.writeInt16BE(215, 0)
  await using device = await connected({ host: 'unused', port: 1 }, { transport: 'rtu', path: line.path })
  expect(await valuesOf(device)).toMatchObject({ temperature: 21.5 })
  expect(await device.write('valve_setpoint', 40, deadline())).toMatchObject({ readback: 40 })
})

test('survives noise on a serial line', async () => {
  using line = openPtyPair()
  const tables = emptyTables()
  await using device = await connected(
    { host: 'unused', port: 1 },
    { transport: 'rtu', path: line.path, timeout_seconds: 0.5 },
  )
  line.peer.once('data', () => line.peer.write(Buffer.from([1, 3, 6, 9, 9, 9, 9, 9, 9, 9, 9])))
  await expect(valuesOf(device)).rejects.toThrow('unit 1 answered with damaged data: CRC error')
  serveRtu(line.peer, tables)
  expect(await valuesOf(device)).toMatchObject({ temperature: 0 })
})

test('says that there is no such serial port', async () => {
  const device = await createTestDevice(plugin, { config: { transport: 'rtu', path: '/dev/not-there' } })
  await expect(device.connect(deadline())).rejects.toThrow('/dev/not-there cannot be reached')
})

test.each([
  [{ id: 'a', kind: 'input_register', writable: true }, 'register "a": a input register cannot be written'],
  [{ id: 'a', address: 65_535, data_type: 'int32' }, 'it ends behind the last address, 65535'],
  [{ id: 'a', scale: 0 }, 'the scale must not be 0'],
  [{ id: 'a', bit: 3 }, 'a bit needs the data type bool in a register'],
])('refuses the register %j', async (register, problem) => {
  await expect(createTestDevice(plugin, { config: { registers: [register] } })).rejects.toThrow(problem)
})

test('counts from one where the manual does', async () => {
  await using server = await startModbusTestServer()
  await using device = await connected(server, { addressing: 'one_based', registers: [{ id: 'first', address: 1 }] })
  await valuesOf(device)
  expect(server.requests).toEqual(['unit 1: FC3 0+1'])
})
