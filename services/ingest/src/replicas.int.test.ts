import { type EventId, type Frame, formatTime, type Micros, nowMicros } from '@webmacs/contracts'
import { aFrame, until, valuesOf } from '@webmacs/testing'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { startProcess } from './ingest-process.fixture.ts'
import { type Site, startSite } from './ingest-site.fixture.ts'

const SOURCES = 8
const EVENTS = 30
const VALUES = 10
/** Frames of each source, half of them before the restart. */
const FRAMES = 600
const HALF = FRAMES / 2
const ARRAY = 20
const INTERVAL: Micros = 500_000

/**
 * Sources share their events, so that all writers meet in the same rollups. Every seventh frame tells the same events and moments as the
 * source's neighbour: rows that come twice though no frame does.
 */
function frameOf(source: number, seq: number, events: readonly EventId[], start: Micros): Frame {
  const speaker = seq % 7 === 0 ? source - (source % 2) : source
  const values = Array.from({ length: VALUES }, (_, index): [EventId, number] => {
    const event = events[(speaker * 5 + index) % EVENTS] as EventId // a remainder of their number
    return [event, seq + index]
  })
  const time = formatTime(start + seq * INTERVAL + speaker)
  return aFrame({ source: `source-${source}`, epoch: 'e1', seq, time, values: valuesOf(values) })
}

/** What a source with a shaky network does: each frame once alone, some again, and all again in arrays that overlap. */
async function publish(site: Site, frames: readonly Frame[]): Promise<void> {
  for (const [index, frame] of frames.entries()) {
    await site.publish(frame)
    if (index % 5 === 0) await site.publish(frame)
    if (index % (ARRAY / 2) === 0) await site.publish(frames.slice(Math.max(0, index - ARRAY), index + ARRAY / 2))
  }
}

const readingsOf = (frames: readonly Frame[]): number =>
  new Set(frames.flatMap(({ time, values }) => Object.keys(values).map((event) => `${event} ${time}`))).size

test.each([1, 2, 4])(
  '%i processes share the work and store every reading once, although one is killed',
  async (replicas) => {
    await using site = await startSite()
    await site.redeliverAfter(2000)
    const events = await site.addEvents(EVENTS)
    const start = nowMicros() - FRAMES * INTERVAL
    const frames = Array.from({ length: SOURCES }, (_, source) =>
      Array.from({ length: FRAMES }, (_, index) => frameOf(source, index + 1, events, start)),
    )
    const publishAll = (from: number, to: number) =>
      Promise.all(frames.map((ofSource) => publish(site, ofSource.slice(from, to))))
    const startOne = () => startProcess(site, { BATCH_MAX_ROWS: '1000' })
    const processes = await Promise.all(Array.from({ length: replicas }, startOne))
    try {
      const publishing = publishAll(0, HALF)
      await until('some is stored', async () => (await site.countRows()) > 0.1 * readingsOf(frames.flat()))
      await processes.shift()?.end('SIGKILL')
      processes.push(await startOne())
      await publishing
      await publishAll(HALF, FRAMES)
      await site.untilAcked(30_000)

      expect(await site.countRows()).toBe(readingsOf(frames.flat()))
      expect(await site.wrongRollups()).toEqual([])
      const { rows } = await sql<{ committed: string }>`SELECT committed::text FROM reading_sources`.execute(site.db)
      expect(rows.map(({ committed }) => committed)).toEqual(Array(SOURCES).fill(`{[1,${FRAMES + 1})}`))
      expect(await site.deadLetters()).toEqual([])
      const stored = await Promise.all(processes.map((one) => one.metric('ingest_rows_total')))
      expect(Math.min(...stored)).toBeGreaterThan(0)
    } finally {
      expect(await Promise.all(processes.map((one) => one.end('SIGTERM')))).toEqual(Array(replicas).fill(0))
    }
  },
  90_000,
)
