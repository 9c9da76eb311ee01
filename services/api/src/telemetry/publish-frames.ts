import type { Bus } from '@webmacs/bus'
import { AppError, type Frame, type Micros, type SequenceRange } from '@webmacs/contracts'
import type { Instant } from './lay-out-frames.ts'
import type { OwnSource } from './own-source.ts'

/** Readings older than this are late: they must not look live, nor raise alarms. */
const LIVE_FOR: Micros = 30_000_000
/** Nor must those from the future, which would stand on every screen until their time has come. */
const LIVE_AHEAD: Micros = 30_000_000
const ACK_DEADLINE_MS = 5000

/**
 * Hands frames to the stream and waits until it has them. A batch of 500 datapoints stays far below the largest message, so one message a
 * subject holds it all.
 *
 * Numbers are given at this moment and never again, whatever becomes of the message: it may be in the stream though its acknowledgement was
 * lost, and the writer would take another frame under its number for a redelivery. What fails leaves a gap in this source's numbers, which
 * says the truth (something was offered and not taken) and harms nobody: the sender, who is told, sends it again under new numbers, and
 * who waits for the commit looks at the ranges beyond the gap.
 * @returns the numbers that the frames got
 * @throws AppError `broker.unavailable` when one of the messages was not acknowledged in time
 */
export async function publishFrames(
  bus: Bus,
  source: OwnSource,
  instants: readonly Instant[],
  now: Micros,
): Promise<SequenceRange> {
  const frames = instants.map(({ time, values }) => ({
    isLive: time > now - LIVE_FOR && time < now + LIVE_AHEAD,
    frame: source.frame(time, values),
  }))
  const { readings, backlog } = bus.names.subjects
  const live = frames.filter(({ isLive }) => isLive).map(({ frame }) => frame)
  const late = frames.filter(({ isLive }) => !isLive).map(({ frame }) => frame)
  await Promise.all([publish(bus, backlog(source.name), late), publish(bus, readings(source.name), live)])
  return { first: frames[0]?.frame.seq ?? 0, last: frames.at(-1)?.frame.seq ?? 0 }
}

async function publish(bus: Bus, subject: string, frames: readonly Frame[]): Promise<void> {
  if (frames.length === 0) return
  try {
    await bus.js.publish(subject, JSON.stringify(frames.length === 1 ? frames[0] : frames), {
      timeout: ACK_DEADLINE_MS,
    })
  } catch (err) {
    throw new AppError('broker.unavailable', { cause: err })
  }
}
