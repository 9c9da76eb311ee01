import uPlot from 'uplot'
import { withGaps } from './gaps.ts'
import type { SignalTrace } from './signal-trace.ts'

/** A null spreads over the moments at which only other signals were read, so that the gap is as wide as it was. */
const EXPAND_NULLS: uPlot.JoinNullMode = 2

/** Lays the traces of several signals over one time axis. Null breaks a line, undefined (no reading of this signal then) does not. */
export function alignTraces(traces: readonly SignalTrace[]): uPlot.AlignedData {
  if (traces.length === 0) return [[]]
  const tables = traces.map((trace): uPlot.AlignedData => {
    const { times, values } = withGaps(trace)
    return [[...times], [...values]]
  })
  return uPlot.join(
    tables,
    tables.map((): uPlot.JoinNullMode[] => [0, EXPAND_NULLS]),
  )
}

/** The value of the reading nearest to a moment, and when it was read; undefined where the trace has none within `reach` seconds. */
export function readingNear(
  trace: SignalTrace,
  moment: number,
  reach: number,
): { time: number; value: number } | undefined {
  let nearest: { time: number; value: number } | undefined
  trace.times.forEach((time, index) => {
    const value = trace.values[index]
    const distance = Math.abs(time - moment)
    if (value === null || value === undefined || distance > reach) return
    if (nearest === undefined || distance < Math.abs(nearest.time - moment)) nearest = { time, value }
  })
  return nearest
}

/** Lowest and highest value of a trace; undefined when nothing was read. */
export function extentOf(trace: SignalTrace): { lowest: number; highest: number } | undefined {
  let extent: { lowest: number; highest: number } | undefined
  for (const value of trace.values) {
    if (value === null) continue
    extent = { lowest: Math.min(extent?.lowest ?? value, value), highest: Math.max(extent?.highest ?? value, value) }
  }
  return extent
}
