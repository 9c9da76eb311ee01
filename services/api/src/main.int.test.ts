import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { createTestBus, createTestDatabase } from '@webmacs/testing'
import { expect, test } from 'vitest'

const SECRET = 'k9dj2h5s8a1l4q7w0e3r6t9z2u5i8o1p'
const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))

function start(env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, [MAIN], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
}

test('starts as a process, says when it is ready, and stops in order', async () => {
  await using database = await createTestDatabase()
  await using bus = await createTestBus()
  const api = start({
    DATABASE_URL: database.url,
    NATS_URL: bus.url,
    WEBMACS_BUS_PREFIX: bus.prefix,
    SECRET_KEY: SECRET,
    PORT: '0',
    OPS_PORT: '0',
  })
  const output = api.stdout === null ? Promise.resolve('') : text(api.stdout)
  const [ready] = await once(api, 'message')
  expect(ready).toMatchObject({ type: 'ready', ports: { http: expect.any(Number), ops: expect.any(Number) } })
  const health = await (await fetch(`http://127.0.0.1:${ready.ports.http}/health`)).json()
  expect(health).toMatchObject({ status: 'ok', database: 'ok', broker: 'ok' })
  api.kill('SIGTERM')
  expect(await once(api, 'exit')).toEqual([0, null])
  const lines = (await output).trim().split('\n')
  expect(lines.map((line) => JSON.parse(line).event)).toEqual(
    expect.arrayContaining(['service.ready', 'service.stopped']),
  )
  expect(lines.every((line) => JSON.parse(line).level < 50)).toBe(true)
  for (const secret of [SECRET, database.url, bus.url]) expect(await output).not.toContain(secret)
})

test('names every variable that is wrong and ends with the code for it', async () => {
  const api = start({ NATS_URL: 'nats://127.0.0.1:1', SECRET_KEY: 'short', PORT: 'http' })
  const output = api.stdout === null ? '' : await text(api.stdout)
  if (api.exitCode === null) await once(api, 'exit')
  expect(api.exitCode).toBe(78)
  for (const variable of ['DATABASE_URL', 'SECRET_KEY', 'PORT']) expect(output).toContain(variable)
})
