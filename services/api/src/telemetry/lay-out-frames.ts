import type { EventId, Micros, NewDatapoint, RejectedDatapoint, RejectionCode } from '@webmacs/contracts'
import type { EventLinks } from './event-links.ts'
import type { GivenTimes } from './given-times.ts'
import { STAMP_STEP } from './stamp-clock.ts'

/** What is measured at one moment. */
export interface Instant {
  readonly time: Micros
  readonly values: Record<EventId, number>
}

export interface LaidOut {
  /** Ascending in time. */
  readonly instants: readonly Instant[]
  readonly accepted: number
  readonly rejected: readonly RejectedDatapoint[]
}

export interface LayOutOptions {
  readonly datapoints: readonly NewDatapoint[]
  readonly times: GivenTimes
  readonly links: EventLinks
  /** Stamp of the first frame of readings that came without a time; as many as `stampsNeeded` says belong to this batch. */
  readonly firstStamp: Micros
  readonly now: Micros
  readonly retentionDays: number
}

const DAY: Micros = 86_400_000_000
/** The writer looks at the time a moment later than we do, perhaps by another clock, and would refuse what we have acknowledged. */
const MARGIN: Micros = 60_000_000

/** How many stamps a batch needs: as many as one event's readings without a time, because a frame has one value of each event. */
export function stampsNeeded(datapoints: readonly NewDatapoint[], times: GivenTimes): number {
  const count = occurrenceCounter()
  let most = 1
  datapoints.forEach(({ event_public_id }, index) => {
    if (times[index] === undefined) most = Math.max(most, count(event_public_id) + 1)
  })
  return most
}

/**
 * Decides what becomes of each datapoint and puts those that are taken into frames. Without a time, the k-th reading of an event goes into
 * the k-th frame, so that an event's readings keep the order they have in the batch.
 */
export function layOutFrames({ datapoints, times, links, firstStamp, now, retentionDays }: LayOutOptions): LaidOut {
  const valuesAt = new Map<Micros, Record<EventId, number>>()
  const rejected: RejectedDatapoint[] = []
  const count = occurrenceCounter()
  const oldest = now - retentionDays * DAY + MARGIN
  const newest = now + DAY - MARGIN

  const rejectionOf = (
    { event_public_id, value }: NewDatapoint,
    given: Micros | undefined,
  ): RejectionCode | undefined => {
    const link = links.get(event_public_id)
    if (link === undefined) return 'unknown_event'
    if (!link.isLinked) return 'not_linked'
    // Written so that NaN, which is no moment, lies outside.
    if (given !== undefined && !(given >= oldest && given <= newest)) return 'bad_time'
    const time = given ?? firstStamp + count(event_public_id) * STAMP_STEP
    let values = valuesAt.get(time)
    if (values === undefined) {
      values = {}
      valuesAt.set(time, values)
    }
    if (Object.hasOwn(values, link.event)) return 'duplicate_time'
    values[link.event] = value
    return undefined
  }

  datapoints.forEach((datapoint, index) => {
    const code = rejectionOf(datapoint, times[index])
    if (code === undefined) return
    // Half of a character could not be written down with the answer.
    const event_public_id = datapoint.event_public_id.toWellFormed()
    rejected.push({ index, event_public_id, code, reason: reasonOf(code, retentionDays) })
  })
  const instants = [...valuesAt].map(([time, values]) => ({ time, values })).sort((a, b) => a.time - b.time)
  return { instants, accepted: datapoints.length - rejected.length, rejected }
}

/** Counts what it is asked for: how often each name came before. */
function occurrenceCounter(): (name: string) => number {
  const counts = new Map<string, number>()
  return (name) => {
    const count = counts.get(name) ?? 0
    counts.set(name, count + 1)
    return count
  }
}

function reasonOf(code: RejectionCode, retentionDays: number): string {
  switch (code) {
    case 'unknown_event':
      return 'Event not found.'
    case 'not_linked':
      return 'Event is not linked to an enabled plugin instance.'
    case 'bad_time':
      return `The time must be a moment between ${retentionDays} days ago and one day ahead.`
    case 'duplicate_time':
      return 'An earlier datapoint of this event in the batch has the same time.'
    case 'invalid':
      return 'The datapoint is malformed.'
  }
}
