import { setTimeout as delay } from 'node:timers/promises'
import type { Bus } from '@webmacs/bus'
import { type Micros, nowMicros } from '@webmacs/contracts'
import type { BenchDatabase } from '../site.ts'
import { frameTexts, type Readings, SIGNALS } from './readings.ts'

export interface Pace {
  readonly name: string
  readonly readingsPerSecond: number
  readonly valuesPerFrame: number
  readonly durationMs: number
}

export interface Published {
  readonly readings: number
  /** From the first frame to the last acknowledgement. */
  readonly seconds: number
}

/** Frames that the broker has not acknowledged: above, the publisher waits and falls behind its pace. */
const WINDOW = 1024
const TICK_MS = 5

/**
 * Publishes at a pace, from several sources in turn, each frame acknowledged by the broker. Frames tell the time at which they are due, so
 * readings are as dense as a plant's of that rate.
 */
export async function publishPaced(bus: Bus, events: BenchDatabase['events'], pace: Pace): Promise<Published> {
  const { readingsPerSecond, valuesPerFrame, durationMs } = pace
  const total = Math.floor((durationMs * readingsPerSecond) / 1000 / valuesPerFrame)
  const sources = sourcesOf(events, pace, total)
  const frames = sources.map((source) => ({
    subject: bus.names.subjects.readings(source.source),
    texts: frameTexts(source),
  }))
  const startedAt = performance.now()
  let sent = 0
  let inFlight = 0
  let acknowledged = Promise.withResolvers<void>()
  const send = async (): Promise<void> => {
    const { subject, texts } = frames[sent % frames.length] as (typeof frames)[number] // a remainder of their number
    sent += 1
    inFlight += 1
    await bus.js.publish(subject, texts.next().value as string) // as many as the source has to send
    inFlight -= 1
    acknowledged.resolve()
  }
  const failed: unknown[] = []
  while (sent < total || inFlight > 0) {
    const due = Math.min(
      total,
      Math.floor(((performance.now() - startedAt) * readingsPerSecond) / 1000 / valuesPerFrame),
    )
    while (sent < due && inFlight < WINDOW) {
      send().catch((err: unknown) => {
        failed.push(err)
        acknowledged.resolve()
      })
    }
    if (failed.length > 0) throw failed[0]
    if (sent < due || sent === total) await acknowledged.promise
    else await delay(TICK_MS)
    acknowledged = Promise.withResolvers()
  }
  return { readings: total * valuesPerFrame, seconds: (performance.now() - startedAt) / 1000 }
}

/** Each has a hundred signals; all together are sampled as often as the rate says. */
function sourcesOf(
  events: BenchDatabase['events'],
  { name, readingsPerSecond, valuesPerFrame }: Pace,
  frames: number,
): Readings[] {
  const sources = Math.floor(events.length / SIGNALS)
  const interval: Micros = Math.round((1_000_000 * sources * SIGNALS) / readingsPerSecond)
  const start = nowMicros()
  return Array.from({ length: sources }, (_, index) => ({
    source: `${name}-${index}`,
    count: Math.ceil(frames / sources) * valuesPerFrame,
    valuesPerFrame,
    events: events.slice(index * SIGNALS, (index + 1) * SIGNALS),
    start,
    interval,
  }))
}
