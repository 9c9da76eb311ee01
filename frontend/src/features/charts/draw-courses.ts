import type uPlot from 'uplot'
import type { Seconds } from '../trends/signal-trace.ts'
import { type Course, indexFrom } from './course.ts'

export interface DrawnCourses {
  readonly courses: readonly Course[]
  readonly scale: string
  readonly color: string
  readonly dash: readonly number[]
}

const BAND_ALPHA = 0.22

/** Paints courses into a chart: a band from lowest to highest with the mean in it, or a line of readings; what stands alone as a dot. */
export function drawCourses(
  chart: uPlot,
  drawn: readonly DrawnCourses[],
  range: readonly [Seconds, Seconds],
  width: number,
): void {
  const { ctx, bbox } = chart
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  ctx.lineJoin = 'round'
  for (const { courses, scale, color, dash } of drawn) {
    ctx.strokeStyle = color
    ctx.fillStyle = color
    const x = (time: Seconds): number => chart.valToPos(time, 'x', true)
    const y = (value: number): number => chart.valToPos(value, scale, true)
    for (const course of courses) {
      for (const [start, end] of runsOf(course, range)) {
        if (course.resolution > 0) fillBand(ctx, course, start, end, x, y)
        strokeLine(ctx, course, start, end, x, y, width, dash)
      }
    }
  }
  ctx.restore()
}

type Place = (value: number) => number

function fillBand(ctx: CanvasRenderingContext2D, course: Course, start: number, end: number, x: Place, y: Place): void {
  const { times, lowest, highest, resolution } = course
  const edge = resolution / 2
  ctx.globalAlpha = BAND_ALPHA
  ctx.beginPath()
  ctx.moveTo(x((times[start] ?? 0) - edge), y(highest[start] ?? 0))
  for (let index = start; index <= end; index++) ctx.lineTo(x(times[index] ?? 0), y(highest[index] ?? 0))
  ctx.lineTo(x((times[end] ?? 0) + edge), y(highest[end] ?? 0))
  ctx.lineTo(x((times[end] ?? 0) + edge), y(lowest[end] ?? 0))
  for (let index = end; index >= start; index--) ctx.lineTo(x(times[index] ?? 0), y(lowest[index] ?? 0))
  ctx.lineTo(x((times[start] ?? 0) - edge), y(lowest[start] ?? 0))
  ctx.closePath()
  ctx.fill()
  ctx.globalAlpha = 0.45
  ctx.lineWidth = 1
  ctx.setLineDash([])
  ctx.stroke() // a band without height, a spike of one column: both stay visible
  ctx.globalAlpha = 1
}

function strokeLine(
  ctx: CanvasRenderingContext2D,
  { times, values }: Course,
  start: number,
  end: number,
  x: Place,
  y: Place,
  width: number,
  dash: readonly number[],
): void {
  ctx.beginPath()
  if (start === end) {
    ctx.arc(x(times[start] ?? 0), y(values[start] ?? 0), width, 0, 2 * Math.PI)
    ctx.fill()
    return
  }
  ctx.lineWidth = width
  ctx.setLineDash(dash.map((length) => (length * width) / 2))
  ctx.moveTo(x(times[start] ?? 0), y(values[start] ?? 0))
  for (let index = start + 1; index <= end; index++) ctx.lineTo(x(times[index] ?? 0), y(values[index] ?? 0))
  ctx.stroke()
}

/** First and last index of each stretch without a break in what is shown, with a neighbour on each side so that lines reach the edges. */
export function runsOf({ times, values }: Course, [from, to]: readonly [Seconds, Seconds]): [number, number][] {
  const first = Math.max(0, indexFrom(times, from) - 1)
  const last = Math.min(times.length - 1, indexFrom(times, to))
  const runs: [number, number][] = []
  let start = -1
  for (let index = first; index <= last; index++) {
    const isBreak = values[index] === null
    if (!isBreak && start < 0) start = index
    if (isBreak && start >= 0) {
      runs.push([start, index - 1])
      start = -1
    }
  }
  if (start >= 0) runs.push([start, last])
  return runs
}
