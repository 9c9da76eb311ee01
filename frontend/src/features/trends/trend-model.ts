import { type Datapoint, type EventId, parseTime, type SeriesResponse } from '@webmacs/contracts'
import type { ReadingStore } from '../live/reading-store.ts'
import {
  appendPoint,
  dropBefore,
  EMPTY_TRACE,
  mergeHistory,
  type Seconds,
  type SignalTrace,
  type TracePoint,
  thin,
} from './signal-trace.ts'

/** The courses that the chart draws, outside React: history once, then every live reading. */
export interface TrendModel {
  /** Follows these events; the courses of those followed before stay, the others are forgotten. */
  follow(eventIds: readonly EventId[]): void
  /** Takes the stored past in; what came live after it stays. */
  setHistory(series: SeriesResponse): void
  traceOf(eventId: EventId): SignalTrace
  /** Forgets what lies before the moment, and thins what has grown too long. */
  keepFrom(moment: Seconds): void
  /** Rises with every change, so that the painter knows whether there is something to draw. */
  version(): number
  /** Follows the store until the returned function is called. */
  connect(): () => void
}

export function createTrendModel(readings: ReadingStore): TrendModel {
  const traces = new Map<EventId, SignalTrace>()
  let version = 0
  return {
    follow: (eventIds) => {
      for (const id of traces.keys()) if (!eventIds.includes(id)) traces.delete(id)
      for (const id of eventIds) if (!traces.has(id)) traces.set(id, EMPTY_TRACE)
      version++
    },
    setHistory: (series) => {
      for (const [id, trace] of traces) traces.set(id, mergeHistory(pointsOf(series[id] ?? []), trace))
      version++
    },
    traceOf: (eventId) => traces.get(eventId) ?? EMPTY_TRACE,
    keepFrom: (moment) => {
      for (const [id, trace] of traces) traces.set(id, thin(dropBefore(trace, moment)))
    },
    version: () => version,
    connect: () =>
      readings.onArrivals((arrivals) => {
        for (const { eventId, time, value } of arrivals) {
          const trace = traces.get(eventId)
          if (trace === undefined) continue
          traces.set(eventId, appendPoint(trace, { time: time / 1e6, value }))
          version++
        }
      }),
  }
}

function pointsOf(datapoints: readonly Datapoint[]): TracePoint[] {
  return datapoints.flatMap(({ timestamp, value }) => {
    const time = parseTime(timestamp)
    return time === undefined ? [] : [{ time: time / 1e6, value }]
  })
}
