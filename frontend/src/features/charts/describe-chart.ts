import type { EventId } from '@webmacs/contracts'
import { decimalsFor, formatValue } from '../../lib/format.ts'
import type { ChartPlan } from '../trends/chart-plan.ts'
import { type Course, extentBetween, pointNear } from './course.ts'
import { describeResolution, formatSpan } from './time-labels.ts'
import { spanOf, type View } from './view.ts'

/** What is shown of an event, in words; undefined where nothing was read. */
export interface Summary {
  readonly eventId: EventId
  readonly text: string | undefined
}

/** Lowest and highest of each line, as its axis shows them. */
export const summariesOf = (
  plan: ChartPlan,
  view: View,
  coursesOf: (eventId: EventId) => readonly Course[],
): Summary[] =>
  plan.plotted.map(({ signal: { event }, unit }) => {
    const extent = extentBetween(coursesOf(event.public_id), view.from, view.to)
    if (extent === undefined) return { eventId: event.public_id, text: undefined }
    const text = (value: number): string => formatValue(value, decimalsFor(event.max_value - event.min_value))
    return { eventId: event.public_id, text: `${text(extent.lowest)} to ${text(extent.highest)} ${unit}` }
  })

const moments = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' })

/** The chart in words, for those who do not see it. */
export function describeChart(
  plan: ChartPlan,
  view: View,
  resolutions: readonly number[],
  summaries: readonly Summary[],
): string {
  const past = view.isLive
    ? `the last ${formatSpan(spanOf(view))}`
    : `${moments.format(view.from * 1000)} to ${moments.format(view.to * 1000)}`
  const courses = plan.plotted.map(({ name }, index) => `${name}: ${summaries[index]?.text ?? 'no readings'}`)
  return [`Line chart of ${past}`, describeResolution(resolutions), ...courses].filter((part) => part !== '').join('. ')
}

/** What the cursor reads off a line: the reading, or mean with lowest and highest of the interval. */
export function readOff(
  courses: readonly Course[],
  moment: number,
  reach: number,
  decimals: number,
): { value: string; band: string | undefined } | undefined {
  const point = pointNear(courses, moment, reach)
  if (point === undefined) return undefined
  const text = (value: number): string => formatValue(value, decimals)
  const band = point.resolution === 0 ? undefined : `${text(point.lowest)}–${text(point.highest)}`
  return { value: text(point.value), band }
}
