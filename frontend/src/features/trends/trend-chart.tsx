import 'uplot/dist/uPlot.min.css'
import { useComputedColorScheme } from '@mantine/core'
import { type KeyboardEvent, useEffect, useRef } from 'react'
import { useServices } from '../../app/services.ts'
import { startChartPainter } from './chart-painter.ts'
import type { ChartPlan } from './chart-plan.ts'
import type { CursorStore } from './cursor-store.ts'
import type { TrendModel } from './trend-model.ts'
import classes from './trend-panel.module.css'

interface TrendChartProps {
  readonly plan: ChartPlan
  readonly minutes: number
  readonly model: TrendModel
  readonly cursor: CursorStore
  /** What the chart shows, in words. */
  readonly description: string
}

const KEY_STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }

/** The canvas. React makes it anew when the plan changes; values reach it past React. */
export function TrendChart({ plan, minutes, model, cursor, description }: TrendChartProps) {
  const { ticker } = useServices().live
  const scheme = useComputedColorScheme('light')
  const element = useRef<HTMLDivElement>(null)
  const moveCursor = useRef<(steps: number) => void>(() => undefined)
  useEffect(() => {
    if (element.current === null) return
    const painter = startChartPainter({
      element: element.current,
      plan,
      scheme,
      model,
      windowSeconds: minutes * 60,
      nowMs: ticker.exactNow,
      onCursor: cursor.set,
    })
    moveCursor.current = painter.moveCursor
    return () => {
      painter.stop()
      cursor.set(undefined)
    }
  }, [plan, scheme, model, minutes, ticker, cursor])

  const onKeyDown = (event: KeyboardEvent): void => {
    const steps = KEY_STEPS[event.key]
    if (steps === undefined) return
    event.preventDefault()
    moveCursor.current(steps)
  }
  return (
    <div
      ref={element}
      className={classes.chart}
      role="img"
      aria-label={description}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys move the cursor, as the pointer does
      tabIndex={0}
      onKeyDown={onKeyDown}
    />
  )
}
