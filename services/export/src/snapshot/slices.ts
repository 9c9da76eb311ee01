import type { Micros } from '@webmacs/contracts'
import { ceilTo, floorTo, type Range } from './parts.ts'

export interface SlicePlan extends Range {
  /** Boundaries between slices are whole multiples of so many seconds; 0: any microsecond. */
  readonly align: number
  /** Whether a stretch in which nothing is counted is passed over. */
  readonly skipsEmpty: boolean
  /** No slice is longer, seconds. */
  readonly longestSeconds: number
  /** Readings counted in each interval of so many seconds that has any, in order. */
  readonly counts: (level: 86_400 | 3600, range: Range) => Promise<readonly Counted[]>
}

export interface Counted {
  readonly bucket: Micros
  readonly count: number
}

/** The first slice is small, so that the first byte comes at once. */
const FIRST_READINGS = 1000
const GROWTH = 8
/** Enough that the cost of a statement vanishes, and few enough to be sorted in memory. */
const MOST_READINGS = 200_000

/** A stretch and how much is in it, to be cut into slices or joined with the next. */
interface Stretch extends Range {
  readonly count: number
}

/**
 * Cuts a range into slices of about as many readings each, the first ones small. How much is where is known from rollups: by the day, and by
 * the hour where a day is too much. Within an hour readings are taken to be evenly spread; where they are not, a slice is larger, not wrong.
 */
export async function* slicesOf(plan: SlicePlan): AsyncGenerator<Range, void, void> {
  let target = FIRST_READINGS
  let open: Stretch | undefined
  for await (const stretch of stretchesOf(plan, () => target)) {
    for (const piece of cut(stretch, target, plan)) {
      const joined = open === undefined ? piece : join(open, piece)
      if (open !== undefined && !fits(joined, target, plan)) {
        yield open
        target = Math.min(target * GROWTH, MOST_READINGS)
        open = piece
      } else open = joined
    }
  }
  if (open !== undefined) yield open
}

/** Days, or the hours of a day that has more than fits into a slice, within the range and in order; empty ones only where asked for. */
async function* stretchesOf(plan: SlicePlan, target: () => number): AsyncGenerator<Stretch, void, void> {
  for (const day of within(plan, 86_400, await plan.counts(86_400, plan))) {
    if (day.count <= target()) yield day
    else yield* within({ ...plan, from: day.from, to: day.to }, 3600, await plan.counts(3600, day))
  }
}

/** What was counted as stretches within the range; between them, where nothing is passed over, empty ones. */
function* within(
  { from, to, skipsEmpty }: Pick<SlicePlan, 'from' | 'to' | 'skipsEmpty'>,
  level: number,
  counted: readonly Counted[],
): Generator<Stretch, void, void> {
  let done = from
  for (const { bucket, count } of counted) {
    const start = Math.max(bucket, from)
    const end = Math.min(bucket + level * 1_000_000, to)
    if (start >= end) continue
    if (start > done && !skipsEmpty) yield { from: done, to: start, count: 0 }
    yield { from: start, to: end, count }
    done = end
  }
  if (done < to && !skipsEmpty) yield { from: done, to, count: 0 }
}

const fits = ({ from, to, count }: Stretch, target: number, { longestSeconds }: SlicePlan): boolean =>
  count <= target && to - from <= longestSeconds * 1_000_000

/** In what is passed over between two stretches there is nothing. */
const join = (one: Stretch, next: Stretch): Stretch => ({ from: one.from, to: next.to, count: one.count + next.count })

/** Pieces of a stretch that are each small enough, their boundaries as the plan wants them. */
function* cut(stretch: Stretch, firstTarget: number, plan: SlicePlan): Generator<Stretch, void, void> {
  let { from } = stretch
  let target = firstTarget
  const perMicro = stretch.count / (stretch.to - stretch.from)
  while (from < stretch.to) {
    const longest = Math.min(perMicro > 0 ? target / perMicro : Number.POSITIVE_INFINITY, plan.longestSeconds * 1e6)
    const to = Math.min(boundaryAfter(from, longest, plan.align), stretch.to)
    // The rest of a stretch is no slice of its own when it is next to nothing.
    const end = stretch.to - to < (to - from) / 4 && stretch.to - from <= plan.longestSeconds * 1e6 ? stretch.to : to
    yield { from, to: end, count: perMicro * (end - from) }
    from = end
    target = Math.min(target * GROWTH, MOST_READINGS)
  }
}

function boundaryAfter(from: Micros, length: number, align: number): Micros {
  if (!Number.isFinite(length)) return Number.POSITIVE_INFINITY
  if (align === 0) return Math.floor(from + Math.max(length, 1))
  const boundary = floorTo(align, from + length)
  return boundary > from ? boundary : ceilTo(align, from + 1)
}
