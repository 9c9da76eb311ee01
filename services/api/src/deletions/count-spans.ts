import type { Micros } from '@webmacs/contracts'
import { ROLLUP_LEVELS, type RollupLevel } from '@webmacs/database'

/** A stretch of time, `[from, to)`, and what it is counted by: rollups of a level, or the datapoints themselves. */
export interface CountSpan {
  readonly by: RollupLevel | 'raw'
  readonly from: Micros
  readonly to: Micros
}

const DAY_FIRST = ROLLUP_LEVELS.toReversed()

/**
 * A range in stretches, each counted by the coarsest rollups that fit into it: a year takes hundreds of rows of an event, not half a million,
 * and what is left at its ends is less than a minute.
 */
export function countSpans(from: Micros, to: Micros): CountSpan[] {
  const spans: CountSpan[] = []
  let inner: { from: Micros; to: Micros } | undefined
  for (const level of DAY_FIRST) {
    const width = level * 1_000_000
    const [first, last] = [Math.ceil(from / width) * width, Math.floor(to / width) * width]
    if (first >= last) continue
    if (inner === undefined) spans.push({ by: level, from: first, to: last })
    else spans.push({ by: level, from: first, to: inner.from }, { by: level, from: inner.to, to: last })
    inner = { from: first, to: last }
  }
  if (inner === undefined) spans.push({ by: 'raw', from, to })
  else spans.push({ by: 'raw', from, to: inner.from }, { by: 'raw', from: inner.to, to })
  return spans.filter((span) => span.from < span.to)
}
