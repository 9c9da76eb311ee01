import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { type EventId, type Frame, newId, nowMicros } from '@webmacs/contracts'
import { createLogger } from '@webmacs/service-kit'
import { until } from '@webmacs/testing'
import { expect, onTestFinished, test } from 'vitest'
import { anOutboxPath, openTestOutbox, SECOND } from '../testing/outbox.ts'
import type { DiskOutbox } from './disk-outbox.ts'
import { DiskSafety } from './disk-safety.ts'

const START = 1_700_000_000 * SECOND
const event: EventId = newId('evt')
const log = createLogger({ service: 'controller', level: 'fatal' })

function fill(outbox: DiskOutbox, count: number, from = 0): void {
  for (let second = from; second < from + count; second++)
    outbox.append({ instance: 'plg', time: START + second * SECOND, values: { [event]: second } })
}

/** All frames that wait, in the order in which they go. */
function allFrames(outbox: DiskOutbox): Frame[] {
  const frames: Frame[] = []
  for (let message = outbox.take(nowMicros()); message !== undefined; message = outbox.take(nowMicros())) {
    frames.push(...[JSON.parse(message.payload)].flat())
    outbox.confirm(message, 1)
  }
  return frames
}

const valuesOf = (outbox: DiskOutbox) => allFrames(outbox).map(({ values }) => values[event])
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)

test('gives every frame after a restart that was not dealt with, and numbers new ones in another epoch', () => {
  const path = anOutboxPath()
  const before = openTestOutbox({ path })
  fill(before, 10)
  before.startEpoch('e2')
  fill(before, 10, 10)
  before.commit({ source: 'lab-1', epoch: 'e1', watermark: 2, ranges: [{ first: 5, last: 6 }] })
  before.close()
  const outbox = openTestOutbox({ path, epoch: 'e3' })
  expect(outbox.epochs()).toEqual(['e1', 'e2', 'e3'])
  fill(outbox, 1, 20)
  const places = allFrames(outbox).map(({ epoch, seq }) => `${epoch}/${seq}`)
  // Deleting is done in turns: what was not deleted in time comes once more, and the historian passes it over.
  expect(places).toEqual(expect.arrayContaining(['e1/3', 'e1/4', 'e1/7', 'e1/10', 'e2/1', 'e2/10', 'e3/1']))
  outbox.commit({ source: 'lab-1', epoch: 'e1', watermark: 10, ranges: [] })
  outbox.commit({ source: 'lab-1', epoch: 'e2', watermark: 10, ranges: [] })
  expect(outbox.level().frames).toBe(1)
})

test('remembers what is gone from the middle of the file', async () => {
  const path = anOutboxPath()
  const before = openTestOutbox({ path })
  fill(before, 30)
  before.commit({ source: 'lab-1', epoch: 'e1', watermark: 0, ranges: [{ first: 11, last: 20 }] })
  await until('they are deleted', () => before.shelf.stored.size === 20)
  fill(before, 5, 30)
  before.commit({ source: 'lab-1', epoch: 'e1', watermark: 0, ranges: [{ first: 34, last: 35 }] })
  await until('the last are deleted', () => before.shelf.stored.size === 23)
  before.close()
  const between = openTestOutbox({ path, epoch: 'e2' })
  fill(between, 2, 40)
  between.close()
  const outbox = openTestOutbox({ path, epoch: 'e3' })
  expect(outbox.level().frames).toBe(25)
  expect(valuesOf(outbox)).toEqual([...upTo(10), ...upTo(13).map((value) => value + 20), 40, 41])
  expect(outbox.gaps.size).toBe(0)
})

test('loses no accepted frame to a kill -9', async () => {
  const path = anOutboxPath()
  const script = fileURLToPath(new URL('../testing/appending-process.ts', import.meta.url))
  const child = spawn(process.execPath, [script, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += String(chunk)
  })
  await until('it appends', () => output.length > 5000, { timeoutMs: 20_000 })
  child.kill('SIGKILL')
  await once(child, 'close')
  const told = Number(output.trimEnd().split('\n').at(-1))
  const outbox = openTestOutbox({ path, epoch: 'e2' })
  const seqs = allFrames(outbox).map(({ seq }) => seq)
  expect(seqs.length).toBeGreaterThanOrEqual(told)
  expect(seqs).toEqual(seqs.map((_, index) => index + 1))
}, 30_000)

test('has everything on the disk that was synchronised, whatever the power takes afterwards', async () => {
  const path = anOutboxPath()
  const outbox = openTestOutbox({ path })
  const safety = new DiskSafety({ path, log })
  const copies = join(dirname(path), 'copies')
  mkdirSync(copies)
  for (let round = 1; round <= 20; round++) {
    fill(outbox, 50, (round - 1) * 50)
    // Large enough that checkpoints happen in between, while more is written.
    const secured = safety.secure(3_000_000)
    await secured
    const copy = join(copies, `${round}.db`)
    copyFileSync(path, copy)
    copyFileSync(`${path}-wal`, `${copy}-wal`)
    // What came after the last synchronisation may be there in part.
    if (round % 2 === 0)
      writeFileSync(`${copy}-wal`, Buffer.concat([readFileSync(`${copy}-wal`), Buffer.alloc(5000, 7)]))
    const restored = openTestOutbox({ path: copy, epoch: 'e2' })
    expect(valuesOf(restored)).toEqual(upTo(round * 50))
  }
  await safety.stop()
}, 30_000)

test('puts its log into the file while others write, and begins the log anew', async () => {
  const path = anOutboxPath()
  const outbox = openTestOutbox({ path })
  const safety = new DiskSafety({ path, log })
  const values = Object.fromEntries(Array.from({ length: 100 }, () => [newId('evt'), 1.5]))
  let bytes = 0
  const walBytes = () => statSync(`${path}-wal`).size
  let frames = 0
  // A log that never began anew would be as long as all that was ever written.
  while (bytes < 10_000_000 || bytes < 1.5 * walBytes()) {
    for (let frame = 0; frame < 40; frame++) outbox.append({ instance: 'plg', time: START + frames++, values })
    await safety.secure(outbox.shelf.writtenBytes - bytes)
    bytes = outbox.shelf.writtenBytes
    await new Promise((resolve) => setImmediate(resolve))
    outbox.shelf.retry()
  }
  await safety.stop()
  outbox.shelf.retry()
  expect(outbox.level()).toMatchObject({ frames, unwritten: 0 })
}, 60_000)

test('sets a broken file aside, begins a new one and writes into the ledger that nobody knows what was in it', () => {
  const path = anOutboxPath()
  const before = openTestOutbox({ path })
  fill(before, 10)
  before.close()
  writeFileSync(path, Buffer.alloc(20_000, 'x'))
  const outbox = openTestOutbox({ path, epoch: 'e2' })
  fill(outbox, 1)
  expect(valuesOf(outbox)).toEqual([0])
  expect(outbox.gaps.next()?.gap).toMatchObject({ reason: 'unknown', instance: null, frames: null })
  expect(readdirSync(dirname(path)).filter((name) => name.includes('.broken-'))).toHaveLength(1)
})

test('goes on when the file breaks while it is in use, with what is still in memory', () => {
  const path = anOutboxPath()
  const old = openTestOutbox({ path })
  for (let frame = 0; frame < 400; frame++)
    old.append({
      instance: 'plg',
      time: START,
      values: Object.fromEntries([
        [event, frame],
        [newId('evt'), frame],
      ]),
    })
  old.close()
  const outbox = openTestOutbox({ path, epoch: 'e2' })
  const file = readFileSync(path)
  for (let page = 12; page * 1024 < file.length; page++) file.fill(0xff, page * 1024, page * 1024 + 100)
  writeFileSync(path, file)
  const now = nowMicros()
  outbox.append({ instance: 'plg', time: now, values: { [event]: 1 } })
  const values = valuesOf(outbox)
  expect(values).toContain(1)
  outbox.append({ instance: 'plg', time: now + 1, values: { [event]: 2 } })
  expect(valuesOf(outbox)).toEqual([2])
  expect(outbox.gaps.next()?.gap).toMatchObject({ reason: 'unknown', frames: { epoch: 'e1' } })
})

test('keeps frames in memory while the disk is full, sends them from there, and writes them when it has room', async () => {
  const path = anOutboxPath()
  const outbox = openTestOutbox({ path, bounds: { maxBytes: 1e9, maxAge: 1e18, maxUnwrittenBytes: 100_000 } })
  fill(outbox, 10)
  outbox.shelf.db.exec('PRAGMA max_page_count = 1')
  fill(outbox, 490, 10)
  expect(outbox.level().unwritten).toBeGreaterThan(100)
  const message = outbox.take(START)
  expect(message?.frames).toBe(100)
  if (message) outbox.giveBack(message)
  outbox.shelf.db.exec('PRAGMA max_page_count = 100000')
  await until('they are written', () => {
    outbox.shelf.retry()
    return outbox.level().unwritten === 0
  })
  expect(outbox.level()).toMatchObject({ frames: 500 })
  expect(valuesOf(outbox)).toEqual(upTo(500))
})

test('lets the oldest frames go when the disk stays full, and knows which', () => {
  const outbox = openTestOutbox({ bounds: { maxBytes: 1e9, maxAge: 1e18, maxUnwrittenBytes: 20_000 } })
  outbox.shelf.db.exec('PRAGMA max_page_count = 1')
  fill(outbox, 1000)
  const { frames } = outbox.level()
  expect(frames).toBeLessThan(300)
  outbox.shelf.db.exec('PRAGMA max_page_count = 100000')
  const gap = outbox.gaps.next()?.gap
  expect(gap?.reason).toBe('overflow')
  expect((gap?.frames?.lastSeq ?? 0) - (gap?.frames?.firstSeq ?? 0) + 1).toBe(1000 - frames)
})

test('works without a file where none can be made', () => {
  const path = anOutboxPath()
  writeFileSync(join(dirname(path), 'file'), '')
  const outbox = openTestOutbox({ path: join(dirname(path), 'file', 'outbox.db') })
  fill(outbox, 5)
  expect(valuesOf(outbox)).toEqual(upTo(5))
})

test('refuses to touch a file of a later version, and sets it aside', () => {
  const path = anOutboxPath()
  const later = new DatabaseSync(path)
  later.exec('PRAGMA user_version = 99')
  later.close()
  const outbox = openTestOutbox({ path })
  fill(outbox, 1)
  expect(outbox.level().frames).toBe(1)
  expect(readdirSync(dirname(path)).some((name) => name.includes('.broken-'))).toBe(true)
})
