import { mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId } from '@webmacs/contracts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CommandMemory } from './command-memory.ts'
import { safeStateReport } from './safe-state-report.ts'

const DAY = 24 * 3600 * 1_000_000
const quiet = { error: () => undefined }

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webmacs-commands-'))
  path = join(folder, 'lab-1', 'commands.db')
})
afterEach(() => rm(folder, { recursive: true }))

const aReport = (time = DAY) =>
  safeStateReport({
    controller: 'lab-1',
    instance: newId('plg'),
    channel: 'valve',
    event: null,
    value: 5,
    previous: 40,
    time,
    reason: 'no contact',
  })

test('knows what was saved when it is opened again, and what is untold', () => {
  const [told, untold] = [aReport(), aReport()]
  {
    using before = opened()
    before.memory.save(told, { sent: true, now: DAY })
    before.memory.save(untold, { sent: true, now: DAY })
    before.memory.markTold(told)
  }
  using after = opened()
  expect(after.memory.find(told.id)).toEqual(told)
  expect(after.memory.untold()).toEqual([untold])
})

test('has a command to tell again when it went on after it was told', () => {
  using site = opened()
  const report = aReport()
  site.memory.save(report, { sent: true, now: DAY })
  site.memory.markTold(report)
  const later = { ...report, transitions: [...report.transitions, ...report.transitions] }
  site.memory.save(later, { sent: true, now: DAY })
  expect(site.memory.untold()).toEqual([later])
})

test('forgets after a day what was told, and keeps what was not', () => {
  using site = opened()
  const [told, untold, young] = [aReport(), aReport(), aReport()]
  site.memory.save(told, { sent: true, now: DAY })
  site.memory.save(untold, { sent: true, now: DAY })
  site.memory.save(young, { sent: true, now: DAY + 2 })
  for (const one of [told, young]) site.memory.markTold(one)
  site.memory.prune(2 * DAY + 1)
  expect([told, untold, young].map(({ id }) => site.memory.find(id)?.id)).toEqual([undefined, untold.id, young.id])
})

test('keeps the last confirmed setpoints of each instance, until it is removed', () => {
  using site = opened()
  const { memory } = site
  memory.noteValue('plg_1', 'valve', 40)
  memory.noteConfirmed('plg_1', 'valve', 40)
  memory.noteValue('plg_1', 'valve', 5)
  memory.noteValue('plg_1', 'heater', 5)
  expect(memory.setpoints('plg_1')).toEqual({ valve: 40 })
  expect(memory.setpoints('plg_2')).toEqual({})
  expect(memory.valueOf('plg_1', 'valve')).toBe(5)
  memory.forget('plg_1')
  expect(memory.setpoints('plg_1')).toEqual({})
})

test('puts a file aside that is no database, and starts anew', async () => {
  opened()[Symbol.dispose]()
  await writeFile(path, 'not a database'.repeat(1000))
  using site = opened()
  expect(site.memory.untold()).toEqual([])
  expect(await readdir(join(folder, 'lab-1'))).toContainEqual(expect.stringMatching(/^commands\.db\.unreadable-\d+$/))
})

test('puts a file aside that is damaged in its middle, and starts anew', async () => {
  {
    using site = opened()
    for (let count = 0; count < 100; count++) site.memory.save(aReport(), { sent: true, now: DAY })
  }
  const file = await open(path, 'r+')
  await file.write(Buffer.alloc(8 * 4096, 0x5a), 0, 8 * 4096, 4 * 4096)
  await file.close()
  using site = opened()
  expect(site.memory.untold()).toEqual([])
  expect(await readdir(join(folder, 'lab-1'))).toContainEqual(expect.stringMatching(/^commands\.db\.unreadable-\d+$/))
})

test('does without a file where none can be, and then keeps nothing that has to be kept', async () => {
  await mkdir(path, { recursive: true })
  using site = opened()
  const report = aReport()
  site.memory.save(report, { sent: false, now: DAY })
  expect(site.memory.find(report.id)).toEqual(report)
  expect(() => site.memory.saveDurably(report, { sent: true, now: DAY })).toThrow('there is no file')
})

function opened() {
  const memory = CommandMemory.open(path, quiet)
  return { memory, [Symbol.dispose]: () => memory.close() }
}
