import type { EventId, SeriesColumns } from '@webmacs/contracts'
import { gapThresholds, withGaps } from '../trends/gaps.ts'
import type { Seconds } from '../trends/signal-trace.ts'
import type { Piece } from './tiles.ts'

/**
 * The course of an event over a part of time, in one resolution. Moments rise. Where `resolution` is 0 the values are readings, otherwise the
 * means of intervals, and `lowest` and `highest` are known. A null is a break: nobody knows what was there.
 */
export interface Course {
  readonly resolution: Seconds
  readonly times: readonly Seconds[]
  readonly values: readonly (number | null)[]
  readonly lowest: readonly (number | null)[]
  readonly highest: readonly (number | null)[]
}

interface Columns {
  readonly resolution: Seconds
  readonly times: Seconds[]
  readonly values: (number | null)[]
  readonly lowest: (number | null)[]
  readonly highest: (number | null)[]
}

/** Where a signal fills its intervals, a pause longer than so many of them is a gap: a single empty one comes of a rhythm close to their length. */
const FILLED_GAP = 2.5
/** The threshold that gaps are known by is as long as so many steps. */
const THRESHOLD_STEPS = 4

/** One event's course through the pieces: neighbours of one resolution become one, so that the line goes on. */
export function coursesOf(pieces: readonly Piece[], eventId: EventId): Course[] {
  const joined: Columns[] = []
  for (const piece of pieces) {
    const columns = piece.answer.series.find(({ event_public_id }) => event_public_id === eventId)
    if (columns === undefined || columns.time.length === 0) continue
    const { resolution } = piece.answer
    let last = joined.at(-1)
    if (last === undefined || last.resolution !== resolution) {
      last = { resolution, times: [], values: [], lowest: [], highest: [] }
      joined.push(last)
    }
    append(last, columns, piece)
  }
  return joined.map(withBreaks)
}

/** Adds what lies in the piece and is newer than what is there: whole intervals are told, so neighbours may tell of the same. */
function append(course: Columns, { time, value, mean, min, max }: SeriesColumns, piece: Piece): void {
  const { resolution } = course
  const middles = mean ?? value ?? []
  time.forEach((micros, index) => {
    const start = micros / 1e6
    const isBefore = resolution === 0 ? start < piece.from : start + resolution <= piece.from
    if (isBefore || start >= piece.to) return
    const moment = start + resolution / 2
    if (moment <= (course.times.at(-1) ?? Number.NEGATIVE_INFINITY)) return
    const middle = middles[index] ?? null
    course.times.push(moment)
    course.values.push(middle)
    course.lowest.push(min?.[index] ?? middle)
    course.highest.push(max?.[index] ?? middle)
  })
}

/** A break in every gap: pauses are measured by the rhythm, also those of intervals, since a slow signal leaves most of them empty. */
function withBreaks(course: Columns): Course {
  const { resolution, times, values, lowest, highest } = course
  if (resolution === 0) {
    const trace = withGaps(course)
    return { resolution, times: trace.times, values: trace.values, lowest: trace.values, highest: trace.values }
  }
  const thresholdAt = gapThresholds(times)
  const limitAt = (index: number): Seconds => {
    const threshold = thresholdAt(index)
    return threshold > THRESHOLD_STEPS * resolution ? threshold : FILLED_GAP * resolution
  }
  const broken: Columns = { resolution, times: [], values: [], lowest: [], highest: [] }
  times.forEach((time, index) => {
    const before = times[index - 1]
    if (before !== undefined && time - before > limitAt(index)) {
      broken.times.push(before + resolution)
      for (const column of [broken.values, broken.lowest, broken.highest]) column.push(null)
    }
    broken.times.push(time)
    broken.values.push(values[index] ?? null)
    broken.lowest.push(lowest[index] ?? null)
    broken.highest.push(highest[index] ?? null)
  })
  return broken
}

/** What a course says at one place. */
export interface CoursePoint {
  readonly time: Seconds
  readonly value: number
  readonly lowest: number
  readonly highest: number
  readonly resolution: Seconds
}

/** The point nearest to a moment; undefined where none lies within `reach`, or within its interval where that is longer. */
export function pointNear(courses: readonly Course[], moment: Seconds, reach: Seconds): CoursePoint | undefined {
  let nearest: CoursePoint | undefined
  for (const course of courses) {
    for (const index of neighboursOf(course.times, moment)) {
      const time = course.times[index]
      const value = course.values[index]
      if (time === undefined || value === null || value === undefined) continue
      const distance = Math.abs(time - moment)
      if (distance > Math.max(reach, course.resolution / 2)) continue
      if (nearest !== undefined && Math.abs(nearest.time - moment) <= distance) continue
      const [lowest, highest] = [course.lowest[index] ?? value, course.highest[index] ?? value]
      nearest = { time, value, lowest, highest, resolution: course.resolution }
    }
  }
  return nearest
}

/** Indexes around a moment; a break may lie between it and the nearest value, so two on each side. */
function neighboursOf(times: readonly Seconds[], moment: Seconds): number[] {
  const after = indexFrom(times, moment)
  return [after - 2, after - 1, after, after + 1]
}

/** Index of the first time that is not before `moment`. */
export function indexFrom(times: readonly Seconds[], moment: Seconds): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((times[middle] ?? 0) < moment) low = middle + 1
    else high = middle
  }
  return low
}

export interface Extent {
  readonly lowest: number
  readonly highest: number
}

/** Lowest and highest of what lies between two moments; undefined when nothing does. */
export function extentBetween(courses: readonly Course[], from: Seconds, to: Seconds): Extent | undefined {
  let lowest = Number.POSITIVE_INFINITY
  let highest = Number.NEGATIVE_INFINITY
  for (const course of courses) {
    const start = indexFrom(course.times, from - course.resolution / 2)
    for (let index = start; index < course.times.length; index++) {
      if ((course.times[index] ?? to) - course.resolution / 2 >= to) break
      const [low, high] = [course.lowest[index] ?? null, course.highest[index] ?? null]
      if (low !== null && low < lowest) lowest = low
      if (high !== null && high > highest) highest = high
    }
  }
  return lowest <= highest ? { lowest, highest } : undefined
}
