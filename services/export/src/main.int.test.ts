import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { createTestBus, createTestDatabase } from '@webmacs/testing'
import { expect, test } from 'vitest'

const SECRET = 'k9dj2h5s8a1l4q7w0e3r6t9z2u5i8o1p'
const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))

test('starts as a process, says when it is ready, and stops in order', async () => {
  await using database = await createTestDatabase()
  await using bus = await createTestBus()
  await using files = await mkdtempDisposable(join(tmpdir(), 'webmacs-exports-'))
  const service = spawn(process.execPath, [MAIN], {
    env: {
      PATH: process.env.PATH,
      EXPORT_DIR: files.path,
      DATABASE_URL: database.url,
      NATS_URL: bus.url,
      WEBMACS_BUS_PREFIX: bus.prefix,
      SECRET_KEY: SECRET,
      PORT: '0',
      OPS_PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const output = service.stdout === null ? Promise.resolve('') : text(service.stdout)
  const [ready] = await once(service, 'message')
  const response = await fetch(`http://127.0.0.1:${ready.ports.http}/api/v1/export?from=2026-11-01`)
  expect(response.status).toBe(401)
  service.kill('SIGTERM')
  expect(await once(service, 'exit')).toEqual([0, null])
  const lines = (await output).trim().split('\n')
  expect(lines.every((line) => JSON.parse(line).level < 50)).toBe(true)
  for (const secret of [SECRET, database.url, bus.url]) expect(await output).not.toContain(secret)
})
