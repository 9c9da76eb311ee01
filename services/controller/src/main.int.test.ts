import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startTcpProxy, until } from '@webmacs/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Site, startSite } from './testing/site.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

let folder: string
let processes: ChildProcess[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webmacs-controller-'))
  processes = []
})
afterEach(async () => {
  for (const one of processes) one.kill('SIGKILL')
  await rm(folder, { recursive: true })
})

/** The controller as it really runs. */
async function startProcess(site: Site, changes: Record<string, string> = {}): Promise<ChildProcess> {
  const child = fork(MAIN, [], {
    env: { ...site.environment, LOG_LEVEL: 'fatal', ...changes },
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  processes.push(child)
  const [ready] = await once(child, 'message')
  expect(ready).toMatchObject({ type: 'ready', ports: { ops: expect.any(Number) } })
  return child
}

/** A process that has ended, but whose end nobody asked for yet (a zombie), is not alive. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch (err) {
    if (err instanceof Error && 'code' in err && (err.code === 'ESRCH' || err.code === 'ENOENT')) return false
    throw err
  }
}

/** An instance that writes down what is done to its device, running; and the process it runs in. */
async function aRecordedBench(site: Site, config: Record<string, unknown> = {}) {
  const record = join(folder, 'record')
  const bench = await site.want({ config: { record, ...config } })
  return {
    bench,
    record: async () => (await readFile(record, 'utf8')).trim().split('\n'),
    untilRunning: async () => Number(await until('it reads', () => site.valuesOf(bench, 'process').at(-1))),
  }
}

test('makes outputs safe, delivers what it has and ends with all its processes on SIGTERM', async () => {
  await using site = await startSite()
  const { record, untilRunning, bench } = await aRecordedBench(site)
  const controller = await startProcess(site)
  const pid = await untilRunning()
  controller.kill('SIGTERM')
  expect(await once(controller, 'exit')).toEqual([0, null])
  expect(isAlive(pid)).toBe(false)
  expect(await record()).toEqual(['connected', 'valve=5', 'valve=5', 'disconnected'])
  const counted = site.valuesOf(bench, 'counter')
  expect(counted).toEqual(counted.map((_, index) => index + 1))
})

test('leaves the signals of a terminal to the controller, so that outputs are made safe once and in order', async () => {
  await using site = await startSite()
  const { record, untilRunning } = await aRecordedBench(site)
  const controller = await startProcess(site)
  const pid = await untilRunning()
  for (const target of [pid, controller.pid ?? 0]) process.kill(target, 'SIGINT')
  expect(await once(controller, 'exit')).toEqual([0, null])
  expect(isAlive(pid)).toBe(false)
  expect(await record()).toEqual(['connected', 'valve=5', 'valve=5', 'disconnected'])
})

test('ends plugin processes, outputs safe, when the controller is killed', async () => {
  await using site = await startSite()
  const { record, untilRunning } = await aRecordedBench(site)
  const controller = await startProcess(site)
  const pid = await untilRunning()
  controller.kill('SIGKILL')
  await until('the plugin process is gone', () => !isAlive(pid))
  expect(await record()).toEqual(['connected', 'valve=5', 'valve=5', 'disconnected'])
})

test.runIf(process.platform === 'linux')(
  'ends a hanging process that a killed controller left behind, before it starts another one',
  async () => {
    await using site = await startSite()
    const { untilRunning, bench, record } = await aRecordedBench(site, { fault: 'hang', after: 5 })
    const first = await startProcess(site, { PLUGIN_HEARTBEAT_TIMEOUT_MS: '60000' })
    const pid = await untilRunning()
    await until('it hangs', async () => (await record()).includes('hanging'))
    first.kill('SIGKILL')
    await once(first, 'exit')
    await startProcess(site)
    expect(isAlive(pid)).toBe(false)
    await until('another one runs', () => site.valuesOf(bench, 'process').at(-1) !== pid)
  },
)

test('ends in time although the broker is away and a driver hangs', async () => {
  await using site = await startSite()
  await using proxy = await startTcpProxy(site.brokerUrl)
  const { untilRunning } = await aRecordedBench(site, { fault: 'hang', after: 5 })
  const controller = await startProcess(site, {
    NATS_URL: proxy.url,
    PLUGIN_HEARTBEAT_TIMEOUT_MS: '60000',
    PLUGIN_STOP_TIMEOUT_MS: '1000',
  })
  const pid = await untilRunning()
  proxy.refuse()
  const started = performance.now()
  controller.kill('SIGTERM')
  expect(await once(controller, 'exit')).toEqual([0, null])
  expect(performance.now() - started).toBeLessThan(8000)
  expect(isAlive(pid)).toBe(false)
})

test('refuses a configuration that it cannot use, by the names of the variables', async () => {
  const child = fork(MAIN, [], { env: { OUTBOX_MAX_BYTES: '5' }, execArgv: [], silent: true })
  processes.push(child)
  let output = ''
  child.stdout?.on('data', (chunk) => {
    output += String(chunk)
  })
  expect(await once(child, 'exit')).toEqual([78, null])
  expect(output).toContain('NATS_URL is required')
  expect(output).toContain('OUTBOX_MAX_BYTES must be >= 65536')
})
