import type { ChartPlan } from './chart-plan.ts'

/** Ends of an axis or of what lies on it, in the unit of the signals. */
export interface ValueRange {
  readonly lowest: number
  readonly highest: number
}

/** Less than this part of the events' own range is flat: its digits would mean nothing. */
const FLAT_PART = 1 / 1000
/** Air above and below, as a part of what is shown. */
const AIR = 0.1

/** What the events of a unit can read by their own account; undefined when none of them has a range. */
export function ownRange(plan: ChartPlan, unit: string): ValueRange | undefined {
  const events = plan.plotted.flatMap(({ signal, unit: own }) => (own === unit ? [signal.event] : []))
  const ranged = events.filter(({ min_value, max_value }) => max_value > min_value)
  if (ranged.length === 0) return undefined
  return {
    lowest: Math.min(...ranged.map(({ min_value }) => min_value)),
    highest: Math.max(...ranged.map(({ max_value }) => max_value)),
  }
}

/** The ends of an axis for what was read: with air around it, and the events' own range around what is flat. */
export function axisRange(read: ValueRange, own: ValueRange | undefined): ValueRange {
  const spread = read.highest - read.lowest
  const middle = (read.lowest + read.highest) / 2
  const leastSpread = own === undefined ? Math.abs(middle) * FLAT_PART : (own.highest - own.lowest) * FLAT_PART
  if (spread > leastSpread) return withAir(read)
  if (own !== undefined) {
    return withAir({ lowest: Math.min(own.lowest, read.lowest), highest: Math.max(own.highest, read.highest) })
  }
  const half = middle === 0 ? 1 : Math.abs(middle) * AIR
  return { lowest: middle - half, highest: middle + half }
}

function withAir({ lowest, highest }: ValueRange): ValueRange {
  const air = (highest - lowest) * AIR
  return { lowest: lowest - air, highest: highest + air }
}
