import { once } from 'node:events'
import { mkdtempDisposable, truncate, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { until } from '@webmacs/testing'
import Fastify, { type FastifyInstance } from 'fastify'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { type StoredFile, sendStoredFile } from './stored-file.ts'

/** More than what sockets hold. */
const BYTES = 200_000_000

let path: string
let app: FastifyInstance
let connections: () => Promise<number>
beforeEach(async () => {
  const folder = await mkdtempDisposable(join(tmpdir(), 'webmacs-stored-'))
  onTestFinished(() => folder.remove())
  path = join(folder.path, 'file')
  await writeFile(path, '')
  await truncate(path, BYTES)
  app = Fastify()
  onTestFinished(() => app.close())
  connections = promisify(app.server.getConnections.bind(app.server))
})

const stored = ({ idleMs = 60_000, stopping = new AbortController().signal }): StoredFile => ({
  ...{ path, sha256: 'a', fileName: 'a.csv', contentType: 'text/csv', madeOn: 0, idleMs, stopping },
})

/** Asks for the file and reads nothing. */
async function ask(): Promise<Socket> {
  await app.listen()
  const accepted = once(app.server, 'connection')
  const { port } = app.server.address() as AddressInfo // listening on TCP
  const socket = connect(port, '127.0.0.1').pause()
  onTestFinished(() => void socket.destroy())
  socket.write('GET / HTTP/1.1\r\nhost: rig\r\n\r\n')
  await accepted
  expect(await connections()).toBe(1)
  return socket
}

const letGo = () => until('it is let go', async () => (await connections()) === 0, { timeoutMs: 30_000 })

test('lets go of a client that takes nothing of the file', { timeout: 60_000 }, async () => {
  app.get('/', (request, reply) => sendStoredFile(request, reply, stored({ idleMs: 200 })))
  await ask()
  await letGo()
})

test('lets go of all clients when it stops, also of those that ask while it does', { timeout: 60_000 }, async () => {
  const stopping = new AbortController()
  const asked = Promise.withResolvers<ServerResponse>()
  app.get('/', (request, reply) => {
    asked.resolve(reply.raw)
    return sendStoredFile(request, reply, stored({ stopping: stopping.signal }))
  })
  await ask()
  const response = await asked.promise
  await until('the client takes no more', () => response.writableNeedDrain, { timeoutMs: 30_000 })
  stopping.abort()
  await letGo()
  const { port } = app.server.address() as AddressInfo // listening on TCP
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow()
})

test('watches over no client that has left before', { timeout: 60_000 }, async () => {
  const watching = Promise.withResolvers<number>()
  const asked = Promise.withResolvers<void>()
  app.get('/', async (request, reply) => {
    asked.resolve()
    await once(reply.raw, 'close')
    const sent = await sendStoredFile(request, reply, stored({}))
    watching.resolve(reply.raw.listenerCount('drain'))
    return sent
  })
  const socket = await ask()
  await asked.promise
  socket.destroy()
  expect(await watching.promise).toBe(0)
})
