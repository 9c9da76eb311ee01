/** A moment in seconds since 1970, as the chart's axis takes it, exact to the microsecond. */
export type Seconds = number

/** The course of one signal: moments that rise, and what was read then; null where the sensor could not be read. */
export interface SignalTrace {
  readonly times: readonly Seconds[]
  readonly values: readonly (number | null)[]
}

export const EMPTY_TRACE: SignalTrace = { times: [], values: [] }

/** Past this many points a trace is thinned: a screen shows no more, and a page stays open for weeks. */
export const MAX_TRACE_POINTS = 6000

export interface TracePoint {
  readonly time: Seconds
  readonly value: number | null
}

/**
 * The stored past with what arrived live after its last point. What the history covers it knows better: live points of that
 * time are left out, so nothing is doubled and nothing missed while the connection was away stays missing.
 */
export function mergeHistory(history: readonly TracePoint[], live: SignalTrace): SignalTrace {
  const end = history.at(-1)?.time ?? Number.NEGATIVE_INFINITY
  const first = indexAfter(live.times, end)
  return {
    times: [...history.map(({ time }) => time), ...live.times.slice(first)],
    values: [...history.map(({ value }) => value), ...live.values.slice(first)],
  }
}

/** The trace with one more point; the same trace when the point is not newer than its last. */
export function appendPoint(trace: SignalTrace, { time, value }: TracePoint): SignalTrace {
  const last = trace.times.at(-1)
  if (last !== undefined && time <= last) return trace
  return { times: [...trace.times, time], values: [...trace.values, value] }
}

/** Leaves out what lies before `from`, except the last point before it, so that the line enters from the edge. */
export function dropBefore(trace: SignalTrace, from: Seconds): SignalTrace {
  const first = Math.max(0, indexAfter(trace.times, from) - 1)
  return first === 0 ? trace : { times: trace.times.slice(first), values: trace.values.slice(first) }
}

/** Halves a trace that has grown too long: of four neighbours the lowest and the highest stay, faults always. */
export function thin(trace: SignalTrace, maxPoints: number = MAX_TRACE_POINTS): SignalTrace {
  if (trace.times.length <= maxPoints) return trace
  const kept: number[] = []
  for (let start = 0; start < trace.times.length; start += 4) {
    const indexes = trace.times.slice(start, start + 4).map((_time, offset) => start + offset)
    kept.push(...extremesOf(indexes, trace.values))
  }
  return {
    times: kept.map((index) => trace.times[index] ?? 0),
    values: kept.map((index) => trace.values[index] ?? null),
  }
}

function extremesOf(indexes: readonly number[], values: readonly (number | null)[]): number[] {
  const read = indexes.filter((index) => values[index] !== null)
  const valueAt = (index: number): number => values[index] ?? 0
  const lowest = read.reduce((best, index) => (valueAt(index) < valueAt(best) ? index : best), read[0] ?? -1)
  const highest = read.reduce((best, index) => (valueAt(index) >= valueAt(best) ? index : best), read[0] ?? -1)
  return indexes.filter((index) => index === lowest || index === highest || values[index] === null)
}

/** Index of the first time after `moment`. */
function indexAfter(times: readonly Seconds[], moment: Seconds): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((times[middle] ?? 0) <= moment) low = middle + 1
    else high = middle
  }
  return low
}
