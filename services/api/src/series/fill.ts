import type { Micros, SeriesFill } from '@webmacs/contracts'

export interface FilledRange {
  readonly from: Micros
  /** Intervals that start here or later are left out unless they have readings. */
  readonly to: Micros
  readonly width: Micros
}

/** Where each interval of an answer comes from: a place in the columns that were read, or none. */
export interface Layout {
  readonly time: readonly Micros[]
  readonly places: readonly (number | undefined)[]
}

/**
 * Which intervals one event has in the answer. `null` stands for every interval of the range without readings; the other fills go from the
 * first interval with readings to the last one and never beyond: nothing is known of what was before or came after.
 */
export function layOut(found: readonly Micros[], fill: SeriesFill, range: FilledRange): Layout {
  const first = found[0]
  const last = found.at(-1)
  if (fill === 'none') return { time: found, places: found.map((_, place) => place) }
  const from = fill === 'null' ? range.from : (first ?? range.to)
  const lastFilled = fill === 'null' ? range.to - 1 : Number.NEGATIVE_INFINITY
  const to = Math.max(lastFilled, last ?? Number.NEGATIVE_INFINITY)
  const places = new Map(found.map((time, place) => [time, place]))
  const time: Micros[] = []
  for (let start = from; start <= to; start += range.width) time.push(start)
  return { time, places: time.map((start) => places.get(start)) }
}

/** The values of a column in that order, filled in between; counts are 0 where there is nothing. */
export function fillColumn(
  values: readonly (number | null)[],
  { places }: Layout,
  fill: SeriesFill,
  isCount: boolean,
): (number | null)[] {
  const laidOut = places.map((place) => (place === undefined ? undefined : (values[place] ?? null)))
  if (isCount) return laidOut.map((value) => value ?? 0)
  if (fill === 'previous') return previous(laidOut)
  if (fill === 'linear') return linear(laidOut)
  return laidOut.map((value) => value ?? null)
}

function previous(values: readonly (number | null | undefined)[]): (number | null)[] {
  let before: number | null = null
  return values.map((value) => {
    if (value !== undefined) before = value
    return before
  })
}

function linear(values: readonly (number | null | undefined)[]): (number | null)[] {
  const line: (number | null)[] = []
  let missing = 0
  for (const value of values) {
    if (value === undefined) {
      missing++
      continue
    }
    const before = line.at(-1)
    for (let step = 1; step <= missing; step++) {
      const share = step / (missing + 1)
      // Weighted, not added to a difference: that of two large values may be no finite number.
      line.push(before == null || value === null ? null : before * (1 - share) + value * share)
    }
    missing = 0
    line.push(value)
  }
  return line
}
