import type { Micros } from '@webmacs/contracts'

/** Resolution of the rollups written here, seconds. */
export const ROLLUP_SECONDS = 60
export const ROLLUP_SPAN: Micros = ROLLUP_SECONDS * 1_000_000

/** Sums of values near the largest double would overflow, which the database refuses: they stop here instead. */
export const SATURATION = 8e307

/** What one event did in one bucket. Merging is independent of order and grouping, whoever writes first. */
export interface Rollup {
  count: number
  sum: number
  sumSq: number
  min: number
  /** Earliest moment of the minimum; likewise for the maximum. */
  minAt: Micros
  max: number
  maxAt: Micros
  first: number
  firstAt: Micros
  last: number
  lastAt: Micros
}

export const saturate = (value: number): number => Math.min(Math.max(value, -SATURATION), SATURATION)

export const rollupOf = (value: number, time: Micros): Rollup => ({
  count: 1,
  sum: saturate(value),
  sumSq: saturate(value * value),
  min: value,
  minAt: time,
  max: value,
  maxAt: time,
  first: value,
  firstAt: time,
  last: value,
  lastAt: time,
})

/** Adds one reading in place. An event has one reading per moment, so first and last are unambiguous. */
export function addReading(rollup: Rollup, value: number, time: Micros): void {
  rollup.count += 1
  rollup.sum = saturate(rollup.sum + value)
  rollup.sumSq = saturate(rollup.sumSq + value * value)
  if (value < rollup.min || (value === rollup.min && time < rollup.minAt)) {
    rollup.min = value
    rollup.minAt = time
  }
  if (value > rollup.max || (value === rollup.max && time < rollup.maxAt)) {
    rollup.max = value
    rollup.maxAt = time
  }
  if (time < rollup.firstAt) {
    rollup.first = value
    rollup.firstAt = time
  }
  if (time > rollup.lastAt) {
    rollup.last = value
    rollup.lastAt = time
  }
}

/** The rollup of both sets of readings; the database's upsert does the same. */
export function mergeRollups(a: Rollup, b: Rollup): Rollup {
  const min = b.min < a.min || (b.min === a.min && b.minAt < a.minAt) ? b : a
  const max = b.max > a.max || (b.max === a.max && b.maxAt < a.maxAt) ? b : a
  const first = b.firstAt < a.firstAt ? b : a
  const last = b.lastAt > a.lastAt ? b : a
  return {
    count: a.count + b.count,
    sum: saturate(a.sum + b.sum),
    sumSq: saturate(a.sumSq + b.sumSq),
    min: min.min,
    minAt: min.minAt,
    max: max.max,
    maxAt: max.maxAt,
    first: first.first,
    firstAt: first.firstAt,
    last: last.last,
    lastAt: last.lastAt,
  }
}
