import uPlot from 'uplot'
import { alignTraces } from './chart-data.ts'
import { chartOptions } from './chart-options.ts'
import type { ChartPlan } from './chart-plan.ts'
import type { Scheme } from './palette.ts'
import type { TrendModel } from './trend-model.ts'

export interface ChartPainterInput {
  readonly element: HTMLElement
  readonly plan: ChartPlan
  readonly scheme: Scheme
  readonly model: TrendModel
  readonly windowSeconds: number
  /** The server's wall clock, milliseconds. */
  readonly nowMs: () => number
  /** Where the pointer is, seconds since 1970; undefined when it has left. */
  readonly onCursor: (moment: number | undefined) => void
}

/** New values wait up to so long: the eye follows a line, not each of its points. */
const PAINT_MS = 250
const KEY_STEP = 1 / 60

/** Paints the chart into an element and keeps it up to date; not while it is out of sight. */
export function startChartPainter(input: ChartPainterInput): { moveCursor: (steps: number) => void; stop: () => void } {
  const { element, model, windowSeconds } = input
  let isVisible = true
  let paintedVersion = -1
  let paintedAtMs = 0
  const range = (): [number, number] => {
    const now = input.nowMs() / 1000
    return [now - windowSeconds, now]
  }
  const fontPx = Number.parseFloat(getComputedStyle(document.documentElement).fontSize)
  const size = () => ({ width: Math.max(100, element.clientWidth), height: Math.max(100, element.clientHeight) })
  const chart = new uPlot(chartOptions({ ...input, ...size(), fontPx, range }), [[]], element)

  // One step of the time axis per column is as fine as the screen shows: with nothing new, paint no oftener.
  const columnMs = () => (windowSeconds * 1000) / chart.width
  const paint = (): void => {
    if (!isVisible || document.hidden) return
    const nowMs = input.nowMs()
    if (model.version() === paintedVersion && nowMs - paintedAtMs < columnMs()) return
    paintedVersion = model.version()
    paintedAtMs = nowMs
    model.keepFrom(range()[0])
    chart.setData(alignTraces(input.plan.plotted.map(({ signal }) => model.traceOf(signal.event.public_id))))
  }
  const timer = setInterval(paint, PAINT_MS)
  const resizing = new ResizeObserver(() => chart.setSize(size()))
  resizing.observe(element)
  const sight = new IntersectionObserver(([entry]) => {
    isVisible = entry?.isIntersecting ?? true
    paint()
  })
  sight.observe(element)
  document.addEventListener('visibilitychange', paint)
  paint()

  return {
    moveCursor: (steps) => {
      const { width } = chart.over.getBoundingClientRect()
      const from = (chart.cursor.left ?? -1) < 0 ? width : (chart.cursor.left ?? width)
      chart.setCursor({ left: Math.min(width, Math.max(0, from + steps * width * KEY_STEP)), top: 10 })
    },
    stop: () => {
      clearInterval(timer)
      resizing.disconnect()
      sight.disconnect()
      document.removeEventListener('visibilitychange', paint)
      chart.destroy()
    },
  }
}
