import type { EventId, Micros, NewDatapoint, RejectedDatapoint, RejectionCode } from '@webmacs/contracts'
import type { Output } from '../commands/output.ts'
import type { EventLinks } from './event-links.ts'
import type { GivenTimes } from './given-times.ts'
import { STAMP_STEP } from './stamp-clock.ts'

/** What is measured at one moment. */
export interface Instant {
  readonly time: Micros
  readonly values: Record<EventId, number>
}

/** A value for an output that a controller of ours drives. */
export interface Setpoint {
  /** Its place in the batch, from 0. */
  readonly index: number
  readonly output: Output & { readonly event: EventId }
  readonly value: number
}

export interface LaidOut {
  /** Ascending in time. */
  readonly instants: readonly Instant[]
  /** How many are in the frames. */
  readonly accepted: number
  /** To be carried out instead of stored, in the order of the batch. */
  readonly setpoints: readonly Setpoint[]
  readonly rejected: readonly RejectedDatapoint[]
}

export interface LayOutOptions {
  readonly datapoints: readonly NewDatapoint[]
  readonly times: GivenTimes
  readonly links: EventLinks
  /** Stamp of the first frame of readings that came without a time; as many as `stampsNeeded` says belong to this batch. */
  readonly firstStamp: Micros
  readonly now: Micros
  /** The oldest moment of which the writer takes readings. */
  readonly oldest: Micros
}

const DAY: Micros = 86_400_000_000
/** The writer looks at the time a moment later than we do, perhaps by another clock, and would refuse what we have acknowledged. */
const MARGIN: Micros = 60_000_000
/** How far a setpoint's time may be from now: what was meant for another moment must not be done now. */
const SETPOINT_MARGIN: Micros = 5_000_000

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
export function layOutFrames({
  datapoints,
  times,
  links,
  firstStamp,
  now,
  oldest: oldestTaken,
}: LayOutOptions): LaidOut {
  const valuesAt = new Map<Micros, Record<EventId, number>>()
  const rejected: RejectedDatapoint[] = []
  const setpoints: Setpoint[] = []
  let accepted = 0
  const count = occurrenceCounter()
  const oldest = oldestTaken + MARGIN
  const newest = now + DAY - MARGIN

  const rejectionOf = (
    { event_public_id, value }: NewDatapoint,
    given: Micros | undefined,
  ): Exclude<RejectionCode, 'command_failed'> | undefined => {
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
    const given = times[index]
    const output = links.get(datapoint.event_public_id)?.output
    if (output !== undefined) {
      if (isNow(given, now)) setpoints.push({ index, output, value: datapoint.value })
      else
        rejected.push(
          rejection(index, datapoint, 'bad_time', 'An output is set now: its time must be left out, or be now.'),
        )
      return
    }
    const code = rejectionOf(datapoint, given)
    if (code === undefined) accepted += 1
    else rejected.push(rejection(index, datapoint, code, reasonOf(code, Math.round((now - oldest) / DAY))))
  })
  const instants = [...valuesAt].map(([time, values]) => ({ time, values })).sort((a, b) => a.time - b.time)
  return { instants, accepted, setpoints, rejected }
}

/** Written so that NaN, which is no moment, is not. */
const isNow = (given: Micros | undefined, now: Micros): boolean =>
  given === undefined || Math.abs(given - now) <= SETPOINT_MARGIN

/** Half of a character in what names the event could not be written down with the answer. */
export const rejection = (
  index: number,
  { event_public_id }: Pick<NewDatapoint, 'event_public_id'>,
  code: RejectionCode,
  reason: string,
): RejectedDatapoint => ({ index, event_public_id: event_public_id.toWellFormed(), code, reason })

/** Counts what it is asked for: how often each name came before. */
function occurrenceCounter(): (name: string) => number {
  const counts = new Map<string, number>()
  return (name) => {
    const count = counts.get(name) ?? 0
    counts.set(name, count + 1)
    return count
  }
}

function reasonOf(code: Exclude<RejectionCode, 'command_failed'>, days: number): string {
  switch (code) {
    case 'unknown_event':
      return 'Event not found.'
    case 'not_linked':
      return 'Event is not linked to an enabled plugin instance.'
    case 'bad_time':
      return `The time must be a moment between ${days} days ago and one day ahead.`
    case 'duplicate_time':
      return 'An earlier datapoint of this event in the batch has the same time.'
    case 'invalid':
      return 'The datapoint is malformed.'
  }
}
