import type { EventId } from '@webmacs/contracts'
import uPlot from 'uplot'
import type { ChartPlan } from '../trends/chart-plan.ts'
import { colorOf, type Scheme } from '../trends/palette.ts'
import type { Seconds } from '../trends/signal-trace.ts'
import { type Course, coursesOf, type Extent, extentBetween } from './course.ts'
import { drawCourses } from './draw-courses.ts'
import { AXIS_DASHES, explorerOptions } from './explorer-options.ts'
import { listenToGestures } from './gestures.ts'
import type { LiveTail } from './live-tail.ts'
import type { TileLoader } from './tile-loader.ts'
import { spanOf, zoomTo } from './view.ts'
import type { ViewStore } from './view-store.ts'

export interface ExplorerPainterInput {
  readonly element: HTMLElement
  readonly plan: ChartPlan
  readonly scheme: Scheme
  readonly view: ViewStore
  readonly loader: TileLoader
  readonly tail: LiveTail
  /** The server's wall clock, milliseconds. */
  readonly nowMs: () => number
  readonly onCursor: (moment: Seconds | undefined) => void
}

export interface ExplorerPainter {
  moveCursor(steps: number): void
  /** What is drawn of an event now. */
  coursesOf(eventId: EventId): readonly Course[]
  stop(): void
}

const PAINT_MS = 250
const KEY_STEP = 1 / 60

/** Paints the view into an element: at once when it moves or data comes, else as often as a live view moves by a column; not while out of sight. */
export function startExplorerPainter(input: ExplorerPainterInput): ExplorerPainter {
  const { element, plan, scheme, view, loader, tail } = input
  const eventIds = plan.plotted.map(({ signal }) => signal.event.public_id)
  const now = (): Seconds => input.nowMs() / 1000
  let courses = new Map<EventId, readonly Course[]>()
  let shown = view.get()
  let isDirty = true
  let isVisible = true
  let tailVersion = -1
  let frame: number | undefined

  const fontPx = Number.parseFloat(getComputedStyle(document.documentElement).fontSize)
  const size = () => ({ width: Math.max(100, element.clientWidth), height: Math.max(100, element.clientHeight) })
  const range = (): [Seconds, Seconds] => [shown.from, shown.to]
  const extentOf = (unit: string): Extent | undefined => {
    const own = plan.plotted.filter((plotted) => plotted.unit === unit)
    return extentBetween(
      own.flatMap(({ signal }) => courses.get(signal.event.public_id) ?? []),
      shown.from,
      shown.to,
    )
  }
  const drawAll = (chart: uPlot): void => {
    const drawn = plan.plotted.map(({ signal, unit, color }) => ({
      courses: courses.get(signal.event.public_id) ?? [],
      scale: unit,
      color: colorOf(scheme, color),
      dash: AXIS_DASHES[plan.units.indexOf(unit)] ?? [],
    }))
    drawCourses(chart, drawn, range(), (fontPx / 9) * devicePixelRatio)
  }
  const chart = new uPlot(
    explorerOptions({
      ...size(),
      plan,
      scheme,
      fontPx,
      range,
      extentOf,
      onDraw: drawAll,
      onCursor: input.onCursor,
      onSelect: (from, to) => view.set(zoomTo(from, to, now()), { isStep: true }),
    }),
    [[], ...plan.units.map(() => [])],
    element,
  )
  const rejoin = (): void => {
    const pieces = view.get().isLive || shown.to > now() - 5 ? tail.continue(loader.pieces()) : loader.pieces()
    courses = new Map(eventIds.map((id) => [id, coursesOf(pieces, id)]))
    isDirty = true
  }
  const paint = (): void => {
    frame = undefined
    if (!isVisible || document.hidden) return
    const next = view.get()
    loader.show(eventIds, next, chart.width * devicePixelRatio, input.nowMs())
    if (next.isLive && tail.version() !== tailVersion) {
      tailVersion = tail.version()
      rejoin()
    }
    const columnSeconds = spanOf(next) / chart.width
    const hasMoved = Math.abs(next.to - shown.to) >= columnSeconds || Math.abs(next.from - shown.from) >= columnSeconds
    if (!isDirty && !hasMoved && !(next.isLive === false && next.from !== shown.from)) return
    shown = next
    isDirty = false
    chart.setData([[shown.from, shown.to], ...plan.units.map(() => [null, null])])
  }
  const soon = (): void => {
    frame ??= requestAnimationFrame(paint)
  }
  const stopLoading = loader.subscribe(() => {
    rejoin()
    soon()
  })
  const stopLooking = view.subscribe(() => {
    isDirty = true
    soon()
  })
  const stopGestures = listenToGestures({ area: chart.over, view, now })
  const timer = setInterval(paint, PAINT_MS)
  const resizing = new ResizeObserver(() => {
    chart.setSize(size())
    isDirty = true
    soon()
  })
  resizing.observe(element)
  const sight = new IntersectionObserver(([entry]) => {
    isVisible = entry?.isIntersecting ?? true
    soon()
  })
  sight.observe(element)
  document.addEventListener('visibilitychange', soon)
  rejoin()
  paint()

  return {
    coursesOf: (eventId) => courses.get(eventId) ?? [],
    moveCursor: (steps) => {
      const { width } = chart.over.getBoundingClientRect()
      const from = (chart.cursor.left ?? -1) < 0 ? width / 2 : (chart.cursor.left ?? 0)
      chart.setCursor({ left: Math.min(width, Math.max(0, from + steps * width * KEY_STEP)), top: 10 })
    },
    stop: () => {
      clearInterval(timer)
      if (frame !== undefined) cancelAnimationFrame(frame)
      stopLoading()
      stopLooking()
      stopGestures()
      resizing.disconnect()
      sight.disconnect()
      document.removeEventListener('visibilitychange', soon)
      chart.destroy()
    },
  }
}
