import 'uplot/dist/uPlot.min.css'
import { useComputedColorScheme } from '@mantine/core'
import { type KeyboardEvent, useEffect, useRef } from 'react'
import { useServices } from '../../app/services.ts'
import type { ChartPlan } from '../trends/chart-plan.ts'
import type { CursorStore } from '../trends/cursor-store.ts'
import classes from './charts.module.css'
import { type ExplorerPainter, startExplorerPainter } from './explorer-painter.ts'
import type { LiveTail } from './live-tail.ts'
import type { TileLoader } from './tile-loader.ts'
import { pan, zoom } from './view.ts'
import type { ViewStore } from './view-store.ts'

interface ExplorerChartProps {
  readonly plan: ChartPlan
  readonly view: ViewStore
  readonly loader: TileLoader
  readonly tail: LiveTail
  readonly cursor: CursorStore
  /** What the chart shows, in words. */
  readonly description: string
  readonly onPainter: (painter: ExplorerPainter | undefined) => void
}

const CURSOR_STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 }
const PAN_SHARES: Readonly<Record<string, number>> = { ArrowLeft: -0.2, ArrowRight: 0.2 }
const PAGE_SHARES: Readonly<Record<string, number>> = { PageUp: -0.9, PageDown: 0.9 }
const ZOOMS: Readonly<Record<string, number>> = { '+': 0.5, '=': 0.5, '-': 2 }

/** The canvas. React makes it anew when the plan changes; views and values reach it past React. */
export function ExplorerChart(props: ExplorerChartProps) {
  const { plan, view, loader, tail, cursor, description, onPainter } = props
  const { ticker } = useServices().live
  const scheme = useComputedColorScheme('light')
  const element = useRef<HTMLDivElement>(null)
  const painter = useRef<ExplorerPainter>(undefined)
  useEffect(() => {
    if (element.current === null) return
    const started = startExplorerPainter({
      element: element.current,
      plan,
      scheme,
      view,
      loader,
      tail,
      nowMs: ticker.exactNow,
      onCursor: cursor.set,
    })
    painter.current = started
    onPainter(started)
    return () => {
      started.stop()
      painter.current = undefined
      onPainter(undefined)
      cursor.set(undefined)
    }
  }, [plan, scheme, view, loader, tail, ticker, cursor, onPainter])

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const { key } = event
    const now = ticker.exactNow() / 1000
    const current = view.get()
    const share = PAGE_SHARES[key] ?? (event.shiftKey ? PAN_SHARES[key] : undefined)
    const factor = ZOOMS[key]
    const steps = CURSOR_STEPS[key]
    if (share !== undefined) view.set(pan(current, share, now))
    else if (factor !== undefined) view.set(zoom(current, factor, anchorOf(cursor, current), now))
    else if (key === 'Backspace') view.back()
    else if (key === 'Escape') cursor.set(undefined)
    else if (steps !== undefined) painter.current?.moveCursor(steps)
    else return
    event.preventDefault()
  }
  return (
    <div
      ref={element}
      className={classes.chart}
      role="img"
      aria-label={description}
      aria-keyshortcuts="ArrowLeft ArrowRight Shift+ArrowLeft Shift+ArrowRight PageUp PageDown + - Backspace"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: keys do what the pointer does
      tabIndex={0}
      onKeyDown={onKeyDown}
    />
  )
}

/** Keys zoom at the cursor; without one to the end of a live view, else to the middle. */
function anchorOf(cursor: CursorStore, { from, to, isLive }: { from: number; to: number; isLive: boolean }): number {
  const moment = cursor.get()
  if (moment !== undefined && moment >= from && moment <= to) return moment
  return isLive ? to : (from + to) / 2
}
