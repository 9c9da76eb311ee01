import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { describeConformance } from '@webmacs/plugin-sdk/conformance'
import { createTestDevice } from '@webmacs/plugin-sdk/testing'
import { plugin } from './index.ts'

/** Stands for the device: answers as it would. */
const state: Record<string, number> = { temperature: 21.5, fan: 0 }
const server = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  if (request.method === 'PUT') Object.assign(state, JSON.parse(body))
  response.end(JSON.stringify(state))
}).listen(0, '127.0.0.1')
await once(server, 'listening')
after(() => server.close())
const config = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }

describeConformance(plugin, test, { device: config, unreachable: { url: 'http://127.0.0.1:9' } })

test('reads the temperature and sets the fan', async () => {
  const device = await createTestDevice(plugin, { config })
  const signal = AbortSignal.timeout(5000)
  await device.connect(signal)
  assert.deepEqual(await device.read(['temperature'], signal), [{ channel: 'temperature', value: 21.5, quality: [] }])
  assert.equal((await device.write('fan', 40, signal)).readback, 40)
  await device.disconnect(signal)
  assert.equal(state.fan, 0)
})
