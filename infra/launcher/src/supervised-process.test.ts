import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openLogs, render } from './log-lines.ts'
import type { Reporter } from './reporter.ts'
import { SupervisedProcess } from './supervised-process.ts'

let folder: string
let supervised: SupervisedProcess | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webmacs-supervised-'))
})
afterEach(async () => {
  await supervised?.stop()
  await rm(folder, { recursive: true })
})

/** Starts a program given as text; resolves `changed` at each start and end of the process. */
async function supervise(program: string) {
  const file = join(folder, 'program.mjs')
  await writeFile(file, program)
  const logs = await openLogs(folder, 'pretty')
  const told: string[] = []
  const reporter: Reporter = {
    step: (_name, work) => work(() => undefined),
    line: () => undefined,
    warn: (text) => void told.push(text),
  }
  let wake = Promise.withResolvers<void>()
  const onChange = (): void => {
    wake.resolve()
    wake = Promise.withResolvers<void>()
  }
  supervised = new SupervisedProcess(
    { name: 'program', args: [file], env: process.env, announcesReady: true },
    { logs, reporter, onChange },
  )
  return {
    process: supervised,
    told,
    changed: () => wake.promise,
    log: () => readFile(join(folder, 'logs', 'program.log'), 'utf8'),
  }
}

const GOOD = `process.send({ type: 'ready', ports: {} }); process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000)`

test('waits until the process says that it is ready, and stops it', async () => {
  const { process: service } = await supervise(GOOD)
  await service.start()
  const { pid } = service
  await service.stop()
  expect(() => process.kill(pid ?? 0, 0)).toThrow()
})

test('starts a killed process again, and says so', async () => {
  const { process: service, told, changed } = await supervise(GOOD)
  await service.start()
  const { pid } = service
  process.kill(pid ?? 0, 'SIGKILL')
  await changed()
  await changed()
  expect(service.pid).not.toBe(pid)
  expect(service.restarts).toBe(1)
  expect(told[0]).toContain('program ended (SIGKILL); starting it again in 0.5 s')
})

test('says that a process refuses its configuration', async () => {
  const { process: service } = await supervise('process.exit(78)')
  await expect(service.start()).rejects.toThrow('refuses its configuration')
})

test('says where to look when a process cannot start, and keeps what it printed', async () => {
  const { process: service, log } = await supervise(`console.error('no such device'); process.exit(1)`)
  await expect(service.start()).rejects.toThrow('logs/program.log')
  expect(await log()).toContain('no such device')
})

test('renders a line with its facts, and an error with its stack', () => {
  const line = {
    level: 50,
    time: '2026-11-24T12:00:01.000Z',
    msg: 'batch failed',
    event: 'batch.failed',
    rows: 3,
    err: { stack: 'Error: x\n  at y' },
  }
  const text = render('ingest', line)
  expect(text).toContain('12:00:01')
  expect(text).toContain('batch failed rows=3')
  expect(text).toContain('at y')
})
