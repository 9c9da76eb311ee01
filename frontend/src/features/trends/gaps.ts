import type { Seconds, SignalTrace } from './signal-trace.ts'

/** Below this no pause is a gap, however fast the signal. */
const MIN_GAP_SECONDS = 3
/**
 * A pause this many times as long as two typical steps is a gap. Of each stretch of a reduced series two points are left, anywhere in it:
 * two steps are as long as a stretch, and without an outage no pause is longer than two of them.
 */
const GAP_FACTOR = 2
/** The rhythm is learned from so many neighbours: the reduced past and the live present of one trace have different ones. */
const BLOCK = 16

/** The trace with an unread point in every gap, so that no line is drawn across time that nobody knows of. */
export function withGaps(trace: SignalTrace): SignalTrace {
  const thresholdAt = gapThresholds(trace.times)
  const times: Seconds[] = []
  const values: (number | null)[] = []
  trace.times.forEach((time, index) => {
    const before = trace.times[index - 1]
    if (before !== undefined && time - before > thresholdAt(index)) {
      times.push(before + (time - before) / 2)
      values.push(null)
    }
    times.push(time)
    values.push(trace.values[index] ?? null)
  })
  return { times, values }
}

/**
 * How long the pause before each of these moments may be by their rhythm, by its index: a longer one is a gap. The slowest rhythm nearby counts,
 * so that the coarse past does not break where the fine present begins.
 */
export function gapThresholds(times: readonly Seconds[]): (index: number) => Seconds {
  const typical = typicalDoubleSteps(times)
  return (index) => {
    const block = Math.floor(index / BLOCK)
    const nearby = typical.slice(Math.max(0, block - 1), block + 2)
    return Math.max(MIN_GAP_SECONDS, GAP_FACTOR * Math.max(0, ...nearby))
  }
}

/** Median time that two steps take, for each block of the points; the last block reaches back to be as long as the others. */
function typicalDoubleSteps(times: readonly Seconds[]): Seconds[] {
  const steps = times.slice(2).map((time, index) => time - (times[index] ?? time))
  return Array.from({ length: Math.ceil(steps.length / BLOCK) }, (_, block) => {
    const start = Math.max(0, Math.min(block * BLOCK, steps.length - BLOCK))
    const own = steps.slice(start, start + BLOCK).sort((a, b) => a - b)
    return own[Math.floor((own.length - 1) / 2)] ?? 0
  })
}
