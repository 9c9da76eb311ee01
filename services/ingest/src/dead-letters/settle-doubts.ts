import type { Bus } from '@webmacs/bus'
import { decodeQuality, formatTime, GOOD, type Micros, nowMicros } from '@webmacs/contracts'
import type { Database } from '@webmacs/database'
import type { Batch, DeadCandidate, UnknownReading } from '../batching/batch.ts'
import type { EventKeys } from '../events/event-keys.ts'
import type { IngestMetrics } from '../metrics.ts'
import { findNewFrames } from '../sources/committed-ranges.ts'
import { deadLetterId, encodeDeadLetter } from './dead-letter.ts'

export interface SettleOptions {
  readonly bus: Bus
  readonly database: Database
  readonly events: EventKeys
  readonly metrics: IngestMetrics
}

const MAX_NAMED_EVENTS = 5
/** Letters in flight to the broker at once. */
const PUBLISH_WINDOW = 64

/**
 * Decides what is doubtful about a batch, before its transaction: ids that the cache does not know are looked up, what cannot be stored is
 * published as dead letters. Frames that were committed before were settled then. Safe to call again after a failure half-way.
 */
export async function settleDoubts(batch: Batch, { bus, database, events, metrics }: SettleOptions): Promise<void> {
  if (batch.isSettled) return
  if (batch.unknown.length > 0 || batch.dead.length > 0) {
    const frames = await findNewFrames(database.pool, batch)
    const found = await events.resolve(batch.unknown.map(({ event }) => event))
    const dead = [...batch.dead, ...unknownEvents(batch, found)].filter(
      ({ frame }) => frame === undefined || frames.isNew[frame] === 1,
    )
    await publishAll(bus, dead)
    for (const { reason } of dead) metrics.dead.inc({ reason })
    for (const { frame, event, value, quality } of batch.unknown) {
      const key = found.get(event)
      if (key !== undefined) batch.addRow(frame, key, value, quality)
    }
  }
  batch.isSettled = true
}

/** One candidate a frame, with just its unknown events. */
function unknownEvents(batch: Batch, found: ReadonlyMap<string, number>): DeadCandidate[] {
  const byFrame = Map.groupBy(
    batch.unknown.filter(({ event }) => !found.has(event)),
    ({ frame }) => frame,
  )
  const receivedAt: Micros = nowMicros()
  return [...byFrame].map(([frame, readings]) => {
    const names = readings.slice(0, MAX_NAMED_EVENTS).map(({ event }) => event.slice(0, 64))
    const more = readings.length - names.length
    const message = batch.frameMessages[frame]
    if (message === undefined) throw new RangeError(`the batch has no frame ${frame}`)
    return {
      frame,
      index: batch.frameIndexes[frame],
      reason: 'unknown_event',
      detail: `no such event: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
      message,
      receivedAt,
      content: contentOf(batch, frame, readings),
    }
  })
}

function contentOf(batch: Batch, frame: number, readings: readonly UnknownReading[]): unknown {
  return {
    ...batch.frameSources[frame],
    seq: batch.frameSeqs[frame],
    time: formatTime(batch.frameTimes[frame] ?? 0),
    values: Object.fromEntries(readings.map(({ event, value }) => [event, value])),
    quality: Object.fromEntries(
      readings.filter(({ quality }) => quality !== GOOD).map(({ event, quality }) => [event, decodeQuality(quality)]),
    ),
  }
}

async function publishAll(bus: Bus, dead: readonly DeadCandidate[]): Promise<void> {
  const subject = bus.names.subjects.dead('readings')
  for (let start = 0; start < dead.length; start += PUBLISH_WINDOW) {
    const letters = dead
      .slice(start, start + PUBLISH_WINDOW)
      .map((candidate) => bus.js.publish(subject, encodeDeadLetter(candidate), { msgID: deadLetterId(candidate) }))
    await Promise.all(letters)
  }
}
