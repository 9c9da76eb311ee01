import { once } from 'node:events'
import { access, readFile, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { freePort } from '@webmacs/embedded'
import { until } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launch, makeDataDir, removeDataDir, startSystem, untilPrinted } from './src/system.ts'

let dataDir: string
beforeAll(async () => {
  dataDir = await makeDataDir()
})
afterAll(() => removeDataDir(dataDir))

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function pidsOf(system: Awaited<ReturnType<typeof startSystem>>): Promise<number[]> {
  const { pid, database, nats, services } = await system.runtime()
  return [pid, database.pid, nats.pid, ...Object.values(services).map((service) => service.pid)]
}

test('starts from nothing, keeps secrets private, stops on Ctrl-C and leaves nothing running', async () => {
  const system = await startSystem({ dataDir })
  const pids = await pidsOf(system)
  expect(pids.every(isAlive)).toBe(true)
  expect(system.output()).toContain('admin@webmacs.io with admin123')
  for (const file of ['secrets.json', 'nats.conf', 'runtime.json']) {
    expect((await stat(join(dataDir, file))).mode & 0o777).toBe(0o600)
  }
  expect(await system.stop('SIGINT')).toBe(0)
  expect(pids.filter(isAlive)).toEqual([])
  await expect(access(join(dataDir, 'runtime.json'))).rejects.toThrow()
})

test('starts again with the same secrets, without making the database anew', async () => {
  const before = await readFile(join(dataDir, 'secrets.json'), 'utf8')
  await using system = await startSystem({ dataDir })
  expect(system.output()).not.toContain('creating the database cluster')
  expect(await readFile(join(dataDir, 'secrets.json'), 'utf8')).toBe(before)
})

test('refuses a second start on the same data by naming the first', async () => {
  await using first = await startSystem({ dataDir })
  const second = await launch({ dataDir })
  const [code] = await once(second.child, 'close')
  expect(code).toBe(1)
  expect(second.output()).toContain(`already runs on ${dataDir} (process ${(await first.runtime()).pid})`)
  expect((await fetch(`${first.url}/health`)).status).toBe(200)
})

test('says which port is taken and what to do', async () => {
  const port = await freePort()
  const other = createServer().listen(port, '127.0.0.1')
  await once(other, 'listening')
  const system = await launch({ dataDir, port })
  const [code] = await once(system.child, 'close')
  other.close()
  expect(code).toBe(1)
  expect(system.output()).toContain(`Port ${port} is taken by another program`)
  expect(system.output()).toContain('WEBMACS_PORT=')
})

test.each([
  [{ WEBMACS_PORT: 'many' }, 'WEBMACS_PORT must be a port'],
  [{ ENV: 'production', SECRET_KEY: 'change-me-in-production' }, 'SECRET_KEY must have at least 32 characters'],
  [
    { ENV: 'production', INITIAL_ADMIN_PASSWORD: 'admin123' },
    'INITIAL_ADMIN_PASSWORD must have at least 12 characters',
  ],
])('refuses %o with a sentence', async (env, sentence) => {
  const system = await launch({ dataDir, env })
  const [code] = await once(system.child, 'close')
  expect(code).toBe(1)
  expect(system.output()).toContain(sentence)
})

test('takes over after a kill -9 of the launcher: services end by themselves, servers are stopped and started anew', async () => {
  const killed = await startSystem({ dataDir })
  const { services } = await killed.runtime()
  killed.child.kill('SIGKILL')
  await once(killed.child, 'close')
  await using system = await startSystem({ dataDir })
  await until(
    'the services of the killed launcher have ended',
    () => !Object.values(services).some(({ pid }) => isAlive(pid)),
    { timeoutMs: 20_000 },
  )
  expect((await fetch(`${system.url}/health`)).status).toBe(200)
})

test('makes the database again when the first start was cut short half way', async () => {
  const fresh = await makeDataDir()
  try {
    const cut = await launch({ dataDir: fresh })
    await untilPrinted(cut, 'creating the database cluster')
    cut.child.kill('SIGKILL')
    await once(cut.child, 'close')
    await using system = await startSystem({ dataDir: fresh })
    expect((await fetch(`${system.url}/health`)).status).toBe(200)
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
})
