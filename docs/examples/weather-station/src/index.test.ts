import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { describeConformance } from '@webmacs/plugin-sdk/conformance'
import { createTestDevice } from '@webmacs/plugin-sdk/testing'
import { plugin } from './index.ts'

/** Stands for the station. */
const station = { data: 'temperature=21.4;humidity=55;wind_speed=3;pressure=1013;rainfall=0', heater: 0 }
const sockets = new Set<Socket>()
const server = createServer((socket) => {
  sockets.add(socket)
  socket.on('error', () => undefined)
  createInterface({ input: socket }).on('line', (line) => {
    if (line.startsWith('HEATER ')) station.heater = Number(line.slice(7))
    socket.write(line === 'DATA?' ? `${station.data}\n` : `OK ${station.heater}\n`)
  })
}).listen(0, '127.0.0.1')
await once(server, 'listening')
after(() => {
  for (const socket of sockets) socket.destroy()
  server.close()
})
const config = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }

describeConformance(plugin, test, { device: config, unreachable: { host: '127.0.0.1', port: 9 } })

test('leaves a broken sensor out, and only that', async () => {
  station.data = 'temperature=-;humidity=60;wind_speed=3;pressure=1013;rainfall=0'
  const device = await createTestDevice(plugin, { config })
  const signal = AbortSignal.timeout(5000)
  await device.connect(signal)
  assert.deepEqual(await device.read(['temperature', 'humidity'], signal), [
    { channel: 'humidity', value: 60, quality: [] },
  ])
  await device.disconnect(signal)
})

test('says that the station is gone when the cable is pulled', async () => {
  const device = await createTestDevice(plugin, { config })
  const signal = AbortSignal.timeout(5000)
  await device.connect(signal)
  for (const socket of sockets) socket.destroy()
  await assert.rejects(device.read(['humidity'], signal), { code: 'connection' })
  assert.equal(device.state, 'error')
})
