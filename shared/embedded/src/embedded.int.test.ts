import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EmbeddedServerError, isAlive, startNats, startPostgres } from './index.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webmacs-embedded-'))
  await chmod(folder, 0o711)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const programs = join(tmpdir(), 'webmacs-nats-server')

async function answers(port: number): Promise<boolean> {
  const socket = createConnection(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

test('makes a cluster once, and starts it again without', async () => {
  const steps: string[] = []
  const options = {
    dataDir: join(folder, 'postgres'),
    password: 'p@ss/word',
    onProgress: (step: string) => steps.push(step),
  }
  const first = await startPostgres(options)
  expect(await answers(first.port)).toBe(true)
  await first.stop()
  expect(isAlive(first.pid)).toBe(false)
  const second = await startPostgres(options)
  await second.stop()
  expect(steps).toEqual(['creating the database cluster'])
})

test('clears away a cluster that was left half made', async () => {
  const dataDir = join(folder, 'half')
  await mkdir(`${dataDir}.new/base`, { recursive: true })
  await writeFile(`${dataDir}.new/PG_VERSION`, '18')
  const server = await startPostgres({ dataDir, password: 'secret' })
  expect(await answers(server.port)).toBe(true)
  await server.stop()
})

test('stops a PostgreSQL that was left running on the folder, and takes its place', async () => {
  const dataDir = join(folder, 'postgres')
  const left = await startPostgres({ dataDir, password: 'p@ss/word' })
  const steps: string[] = []
  const server = await startPostgres({ dataDir, password: 'p@ss/word', onProgress: (step) => steps.push(step) })
  expect(steps).toEqual([`stopping a PostgreSQL that an earlier start left running (process ${left.pid})`])
  expect(isAlive(left.pid)).toBe(false)
  await server.stop()
})

test('says what the server said when it cannot start', async () => {
  const attempt = startPostgres({
    dataDir: join(folder, 'postgres'),
    password: 'p@ss/word',
    settings: { no_such_setting: '1' },
  })
  await expect(attempt).rejects.toThrow(EmbeddedServerError)
  await expect(attempt).rejects.toThrow('no_such_setting')
})

test('keeps what JetStream stored, and stops a nats-server that was left running', async () => {
  const dataDir = join(folder, 'nats')
  const left = await startNats({ dataDir, cacheDir: programs })
  const steps: string[] = []
  const server = await startNats({ dataDir, cacheDir: programs, onProgress: (step) => steps.push(step) })
  expect(steps[0]).toContain(`(process ${left.pid})`)
  expect(isAlive(left.pid)).toBe(false)
  expect(await answers(server.port)).toBe(true)
  await server.stop()
  expect(isAlive(server.pid)).toBe(false)
})

test('says what is wrong with a configuration of nats-server', async () => {
  const configFile = join(folder, 'broken.conf')
  await writeFile(configFile, 'authorization { users = [')
  await expect(startNats({ dataDir: join(folder, 'nats'), cacheDir: programs, configFile })).rejects.toThrow(
    'nats-server did not start',
  )
})
