import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { EXIT_CONFIG } from './run-service.ts'

const FIXTURE = fileURLToPath(new URL('./run-service.fixture.ts', import.meta.url))
let child: ChildProcess | undefined
afterEach(() => {
  child?.kill('SIGKILL')
})

function start(behaviour: string, env: Record<string, string> = {}) {
  const started = fork(FIXTURE, { env: { ...process.env, BEHAVIOUR: behaviour, ...env }, silent: true, execArgv: [] })
  child = started
  let output = ''
  started.stdout?.on('data', (chunk) => {
    output += chunk
  })
  const told = started.stdout === null ? undefined : once(started.stdout, 'end')
  const exited = once(started, 'exit').then(async ([code]) => {
    await told
    return { code, output }
  })
  return { started, exited, ready: once(started, 'message') }
}

test('tells its parent when it is ready, stops in order on SIGTERM and exits with 0', async () => {
  const { started, exited, ready } = start('good')
  expect((await ready)[0]).toEqual({ type: 'ready', ports: { ops: 1234 } })
  started.kill('SIGTERM')
  started.kill('SIGINT')
  const { code, output } = await exited
  expect(code).toBe(0)
  expect(output).toContain('fixture.flushed')
})

test('stops in order when its parent is gone', async () => {
  const { started, exited, ready } = start('good')
  await ready
  started.disconnect()
  expect((await exited).output).toContain('fixture.flushed')
})

test('ends when its parent was killed and nobody reads its output any more', async () => {
  const { started, ready } = start('good')
  await ready
  const exited = once(started, 'exit')
  started.stdout?.destroy()
  started.stderr?.destroy()
  started.disconnect()
  expect((await exited)[0]).toBe(0)
})

test('stops in order after an uncaught error, and exits with 1', async () => {
  const { code, output } = await start('crashes').exited
  expect(code).toBe(1)
  expect(output).toContain('lost track')
  expect(output).toContain('fixture.flushed')
})

test('ends at the deadline when stopping hangs', async () => {
  const { started, exited, ready } = start('hangs')
  await ready
  started.kill('SIGTERM')
  const { code, output } = await exited
  expect(code).toBe(1)
  expect(output).toContain('service.stop-deadline')
})

test('stops while it is still starting', async () => {
  const { started, exited } = start('slow-start')
  await once(started.stdout ?? started, 'data') // its first line: the start has begun
  started.kill('SIGTERM')
  expect((await exited).code).toBe(0)
})

test('exits with its own code when the configuration is unusable, and says why', async () => {
  const { code, output } = await start('good', { OPS_PORT: 'many' }).exited
  expect(code).toBe(EXIT_CONFIG)
  expect(output).toContain('OPS_PORT')
})

test('exits with 1 when it cannot start', async () => {
  const { code, output } = await start('fails').exited
  expect(code).toBe(1)
  expect(output).toContain('no such device')
})
