import { once } from 'node:events'
import { mkdtempDisposable, truncate, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { until } from '@webmacs/testing'
import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { sendStoredFile } from './stored-file.ts'

/** More than what sockets hold. */
const BYTES = 200_000_000

test('lets go of a client that takes nothing of the file', { timeout: 60_000 }, async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'webmacs-stored-'))
  const path = join(folder.path, 'file')
  await writeFile(path, '')
  await truncate(path, BYTES)
  const app = Fastify()
  const stored = { path, sha256: 'a', fileName: 'a.csv', contentType: 'text/csv', madeOn: 0, idleMs: 200 }
  app.get('/', (request, reply) => sendStoredFile(request, reply, stored))
  await app.listen()
  const connections = promisify(app.server.getConnections.bind(app.server))
  const accepted = once(app.server, 'connection')
  const { port } = app.server.address() as AddressInfo // listening on TCP
  const socket = connect(port, '127.0.0.1').pause()
  socket.write('GET / HTTP/1.1\r\nhost: rig\r\n\r\n')
  await accepted
  expect(await connections()).toBe(1)
  await until('it is let go', async () => (await connections()) === 0, { timeoutMs: 30_000 })
  socket.destroy()
  await app.close()
})
