import {
  type EventId,
  type Micros,
  parseTime,
  type QualityWord,
  type StreamDatapoint,
  type StreamFault,
} from '@webmacs/contracts'

/** What is known of one event. A new object whenever it changes, the same one until then. */
export interface LiveReading {
  /** The last value that could be read; undefined when there was none yet. */
  readonly value: number | undefined
  /** When `value` was measured; undefined when there is none. */
  readonly time: Micros | undefined
  readonly quality: readonly QualityWord[]
  /** Since when the sensor cannot be read; undefined while it can. */
  readonly faultTime: Micros | undefined
  /** How often readings come, learned from their times, milliseconds; undefined before the second one. */
  readonly intervalMs: number | undefined
}

/** One new reading in the order of time, for those who keep a course: `value` is null where the sensor could not be read. */
export interface Arrival {
  readonly eventId: EventId
  readonly time: Micros
  readonly value: number | null
}

/** The newest reading per event, outside React. Listeners hear of changes at most once a frame. */
export interface ReadingStore {
  apply(datapoints: readonly StreamDatapoint[], faults?: readonly StreamFault[]): void
  latest(eventId: EventId): LiveReading | undefined
  subscribe(eventId: EventId, listener: () => void): () => void
  /** Hears every reading that was new, at once. */
  onArrivals(listener: (arrivals: readonly Arrival[]) => void): () => void
  clear(): void
}

const GOOD: readonly QualityWord[] = []
/** Weight of the newest interval in the learned one; more when it is shorter, since the first one may reach back over an outage. */
const LEARNING_RATE = { longer: 0.2, shorter: 0.5 }
/** One pause must not pass for a slow signal: a single interval counts at most this many times the learned one. */
const MAX_STRETCH = 4

/** @param schedule calls back before the next frame is painted */
export function createReadingStore(schedule: (flush: () => void) => void): ReadingStore {
  const readings = new Map<EventId, LiveReading>()
  const listeners = new Map<EventId, Set<() => void>>()
  const arrivalListeners = new Set<(arrivals: readonly Arrival[]) => void>()
  const changed = new Set<EventId>()
  let isScheduled = false

  const flush = (): void => {
    isScheduled = false
    const ids = [...changed]
    changed.clear()
    for (const id of ids) for (const listener of listeners.get(id) ?? []) listener()
  }
  const put = (eventId: EventId, reading: LiveReading): void => {
    readings.set(eventId, reading)
    changed.add(eventId)
    if (isScheduled) return
    isScheduled = true
    schedule(flush)
  }

  return {
    apply: (datapoints, faults = []) => {
      const arrivals: Arrival[] = []
      for (const datapoint of datapoints) {
        const time = parseTime(toUtcForm(datapoint.timestamp))
        const eventId = datapoint.event_public_id
        const next = time === undefined ? undefined : withValue(readings.get(eventId), datapoint, time)
        if (time === undefined || next === undefined) continue
        put(eventId, next)
        arrivals.push({ eventId, time, value: datapoint.value })
      }
      for (const fault of faults) {
        const time = parseTime(toUtcForm(fault.timestamp))
        const eventId = fault.event_public_id
        const next = time === undefined ? undefined : withFault(readings.get(eventId), fault, time)
        if (time === undefined || next === undefined) continue
        put(eventId, next)
        arrivals.push({ eventId, time, value: null })
      }
      if (arrivals.length > 0) for (const listener of arrivalListeners) listener(arrivals)
    },
    latest: (eventId) => readings.get(eventId),
    subscribe: (eventId, listener) => {
      const own = listeners.get(eventId) ?? new Set()
      listeners.set(eventId, own.add(listener))
      return () => own.delete(listener)
    },
    onArrivals: (listener) => {
      arrivalListeners.add(listener)
      return () => arrivalListeners.delete(listener)
    },
    clear: () => {
      for (const eventId of readings.keys()) changed.add(eventId)
      readings.clear()
      schedule(flush)
    },
  }
}

/** The stream once wrote `+00:00` for UTC. */
const toUtcForm = (timestamp: string): string => timestamp.replace(/\+00:00$/, 'Z')

const newestTime = (reading: LiveReading | undefined): Micros =>
  Math.max(reading?.time ?? Number.NEGATIVE_INFINITY, reading?.faultTime ?? Number.NEGATIVE_INFINITY)

function withValue(before: LiveReading | undefined, datapoint: StreamDatapoint, time: Micros): LiveReading | undefined {
  if (time <= newestTime(before)) return undefined
  return {
    value: datapoint.value,
    time,
    quality: datapoint.quality ?? GOOD,
    faultTime: undefined,
    intervalMs: learnInterval(before, time),
  }
}

function withFault(before: LiveReading | undefined, fault: StreamFault, time: Micros): LiveReading | undefined {
  if (time <= newestTime(before)) return undefined
  return {
    value: before?.value,
    time: before?.time,
    quality: fault.quality,
    faultTime: before?.faultTime ?? time,
    intervalMs: before?.intervalMs,
  }
}

function learnInterval(before: LiveReading | undefined, time: Micros): number | undefined {
  if (before?.time === undefined) return undefined
  const elapsedMs = (time - before.time) / 1000
  if (before.intervalMs === undefined) return elapsedMs
  const counted = Math.min(elapsedMs, MAX_STRETCH * before.intervalMs)
  const rate = counted > before.intervalMs ? LEARNING_RATE.longer : LEARNING_RATE.shorter
  return before.intervalMs + rate * (counted - before.intervalMs)
}
