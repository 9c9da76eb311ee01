import type { Micros } from '@webmacs/contracts'
import { ROLLUP_LEVELS, type RollupLevel } from '@webmacs/database'

export const SECOND: Micros = 1_000_000
export const MINUTE: Micros = 60 * SECOND
const DAY: Micros = 86_400 * SECOND

const times = (factors: readonly number[], unit: Micros): Micros[] => factors.map((factor) => factor * unit)

/**
 * Lengths that intervals have: round figures, each a whole multiple of a level of rollups from a minute on, none more than two and a half
 * times the one before it. All are counted from 1970 on, so that what was read for one part of a chart fits beside the next.
 */
const WIDTHS: readonly Micros[] = [
  ...[1, 10, 100, 1000, 10_000, 100_000].flatMap((unit) => times([1, 2, 5], unit)),
  ...times([1, 2, 5, 10, 15, 30], SECOND),
  ...times([1, 2, 3, 5, 10, 20, 30], MINUTE),
  ...times([1, 2, 3, 4, 8, 12], 60 * MINUTE),
  ...[1, 10, 100, 1000, 10_000, 100_000].flatMap((unit) => times([1, 2, 3, 5], unit * DAY)),
]

/**
 * The shortest interval that cuts a span into at most so many, wherever the span begins: only its length counts, so that a chart which is
 * moved keeps its intervals.
 * @param points at least 2
 * @param finest where nothing finer can be read, its length
 */
export function widthFor(span: Micros, points: number, finest: Micros = 0): Micros {
  const width = WIDTHS.find((length) => length >= finest && Math.ceil(span / length) + 1 <= points)
  if (width === undefined) throw new RangeError(`no intervals are long enough for ${span} µs`)
  return width
}

/** The coarsest rollups that intervals of this length can be made of; 0: they are made of readings. */
export function levelOf(width: Micros): RollupLevel | 0 {
  return ROLLUP_LEVELS.findLast((level) => width % (level * SECOND) === 0) ?? 0
}

/** Whole intervals that cover a range. */
export function wholeIntervals(
  from: Micros,
  to: Micros,
  width: Micros,
): { readonly from: Micros; readonly to: Micros } {
  return { from: Math.floor(from / width) * width, to: Math.ceil(to / width) * width }
}
