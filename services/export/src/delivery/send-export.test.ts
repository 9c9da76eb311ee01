import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import type { ExportSelection } from '@webmacs/contracts'
import { openDatabase } from '@webmacs/database'
import { createMetrics } from '@webmacs/service-kit'
import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { ExportMetrics } from '../export-metrics.ts'
import { OpenExports } from '../open-exports.ts'
import { sendExport } from './send-export.ts'

const EVERYTHING: ExportSelection = {
  ...{ format: 'csv', shape: 'long', every: 'raw', method: 'none' },
  ...{ include_bad: false, metadata: false, from: '2026-11-01' },
}

test('opens no export for a client that has left before', async () => {
  const url = 'postgres://nobody@127.0.0.1:1/none' // an attempt would fail
  const database = openDatabase({ url, maxConnections: 1, applicationName: 'test' })
  const metrics = new ExportMetrics(createMetrics('export'))
  const exports = new OpenExports({ database, metrics, maxOpen: 1 })
  const app = Fastify()
  const asked = Promise.withResolvers<void>()
  const sent = Promise.withResolvers<unknown>()
  app.get('/', async (request, reply) => {
    asked.resolve()
    await once(reply.raw, 'close')
    sent.resolve(sendExport({ exports, metrics, idleMs: 1000 }, request, reply, EVERYTHING))
    return reply.hijack()
  })
  await app.listen()
  const { port } = app.server.address() as AddressInfo // listening on TCP
  const socket = connect(port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nhost: rig\r\n\r\n')
  await asked.promise
  socket.destroy()
  expect(await sent.promise).toBeUndefined()
  await app.close()
  await database.close()
})
