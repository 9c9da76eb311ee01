/** What thinning looks at. */
export interface Point {
  readonly ts: number
  readonly value: number
}

/**
 * Reduces points to at most `most`, keeping the first, the last, and of every stretch between them the lowest and the highest: a spike of
 * one reading stays visible.
 * @param points ascending in time
 * @param most at least 4
 */
export function thinPoints<P extends Point>(points: readonly P[], most: number): P[] {
  const first = points[0]
  const last = points.at(-1)
  if (points.length <= most || first === undefined || last === undefined) return [...points]
  const stretches = Math.floor((most - 2) / 2)
  const inner = points.slice(1, -1)
  const kept: P[] = [first]
  for (let stretch = 0; stretch < stretches; stretch++) {
    const from = Math.floor((stretch * inner.length) / stretches)
    const to = Math.floor(((stretch + 1) * inner.length) / stretches)
    kept.push(...extremesOf(inner.slice(from, to)))
  }
  kept.push(last)
  return kept
}

/** The lowest and the highest point in order of time; one when they are the same, none of none. */
function extremesOf<P extends Point>(points: readonly P[]): P[] {
  let [lowest] = points
  let highest = lowest
  for (const point of points) {
    if (lowest === undefined || point.value < lowest.value) lowest = point
    if (highest === undefined || point.value > highest.value) highest = point
  }
  if (lowest === undefined || highest === undefined) return []
  if (lowest === highest) return [lowest]
  return lowest.ts < highest.ts ? [lowest, highest] : [highest, lowest]
}
