import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type EventId, newId } from '@webmacs/contracts'
import { createLogger } from '@webmacs/service-kit'
import { DiskOutbox } from '../outbox/disk-outbox.ts'
import { DiskSafety } from '../outbox/disk-safety.ts'

// Fills an outbox and empties it again, beside bare inserts of the same rows; tells on one line, as JSON, what that took.
const [folder = '', frameCount = '0', valueCount = '0'] = process.argv.slice(2)
const frames = Number(frameCount)
const START = 1_700_000_000_000_000
const TURN = 100

const log = createLogger({ service: 'controller', level: 'fatal' })
const values = Object.fromEntries(
  Array.from({ length: Number(valueCount) }, (_, index): [EventId, number] => [newId('evt'), 20.5 + index]),
)
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function rawMicros(body: string): number {
  const db = new DatabaseSync(join(folder, 'raw.db'))
  db.exec(`PRAGMA page_size = 1024; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
    CREATE TABLE frames (ordinal INTEGER PRIMARY KEY, time INTEGER NOT NULL, body TEXT NOT NULL) STRICT`)
  const insert = db.prepare('INSERT INTO frames VALUES (?, ?, ?)')
  const rows = Math.min(frames, 100_000)
  const startedMs = performance.now()
  for (let row = 1; row <= rows; row++) insert.run(row, START + row, body)
  const micros = ((performance.now() - startedMs) / rows) * 1000
  db.close()
  return micros
}

const path = join(folder, 'outbox.db')
const outbox = new DiskOutbox({
  path,
  source: 'bench',
  epoch: 'e1',
  liveAge: 10_000_000,
  bounds: { maxBytes: 1e12, maxAge: 1e18, maxUnwrittenBytes: 64 * 1024 * 1024 },
  log,
  onDropped: () => undefined,
})
const safety = new DiskSafety({ path, log })
/** What is in use, without what only waits for the collector. */
function memoryBytes(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const memoryBefore = memoryBytes()
let appendMs = 0
let secured = 0
let securedAtMs = performance.now()
for (let count = 0; count < frames; count += TURN) {
  const startedMs = performance.now()
  for (let frame = count; frame < count + TURN; frame++)
    outbox.append({ instance: 'plg_7k2m9q4tx3ab', time: START + frame * 100_000, values })
  appendMs += performance.now() - startedMs
  await turn()
  if (performance.now() - securedAtMs < 1000) continue
  securedAtMs = performance.now()
  outbox.tend(START)
  void safety.secure(outbox.shelf.writtenBytes - secured)
  secured = outbox.shelf.writtenBytes
}
const memoryFull = memoryBytes()
const diskBytes = outbox.level().bytes

let taken = 0
let body = ''
const drainStartedMs = performance.now()
for (let streamSeq = 1; ; streamSeq++) {
  const message = outbox.take(START + frames * 100_000 + 60_000_000)
  if (message === undefined) break
  body ||= message.payload.slice(1, message.payload.indexOf('},{') + 1)
  taken += message.frames
  outbox.confirm(message, streamSeq)
  if (streamSeq % 10 !== 0) continue
  outbox.commit({ source: 'bench', epoch: 'e1', watermark: taken, ranges: [] })
  await turn()
}
outbox.commit({ source: 'bench', epoch: 'e1', watermark: taken, ranges: [] })
while (outbox.shelf.stored.size > 0) await turn()
const drainMs = performance.now() - drainStartedMs
await safety.stop()
outbox.close()

const result = {
  appendMicros: (appendMs / frames) * 1000,
  rawMicros: rawMicros(body),
  drainedPerSecond: (taken / drainMs) * 1000,
  taken,
  memoryBytes: memoryFull - memoryBefore,
  diskBytes,
}
process.stdout.write(`${JSON.stringify(result)}\n`)
