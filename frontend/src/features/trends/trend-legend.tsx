import { useComputedColorScheme } from '@mantine/core'
import { useSyncExternalStore } from 'react'
import { useServices } from '../../app/services.ts'
import { decimalsFor, formatExact, formatLastTime, formatMoment, formatValue } from '../../lib/format.ts'
import { useIsStale, useLiveReading, useLiveState, useTicking } from '../live/hooks.ts'
import { readingNear } from './chart-data.ts'
import type { ChartPlan, PlottedSignal } from './chart-plan.ts'
import type { CursorStore } from './cursor-store.ts'
import { legendHeading } from './legend-heading.ts'
import { colorOf, SECOND_AXIS_DASH } from './palette.ts'
import type { TrendModel } from './trend-model.ts'
import classes from './trend-panel.module.css'

interface TrendLegendProps {
  readonly plan: ChartPlan
  readonly minutes: number
  readonly model: TrendModel
  readonly cursor: CursorStore
}

/** Which line is which, with the values now, or those at the cursor and when they were read. */
export function TrendLegend({ plan, minutes, model, cursor }: TrendLegendProps) {
  const moment = useSyncExternalStore(cursor.subscribe, cursor.get)
  return (
    <div className={classes.legend}>
      <p className={classes.moment}>{moment === undefined ? <NowOrLast plan={plan} /> : formatMoment(moment * 1000)}</p>
      <ul className={classes.entries} aria-label="Lines of the chart">
        {plan.plotted.map((plotted) => (
          <li key={plotted.signal.event.public_id} className={classes.entry}>
            <LineSample plotted={plotted} isDashed={plan.units.indexOf(plotted.unit) === 1} />
            <span className={classes.entryName}>{plotted.name}</span>
            {moment === undefined ? (
              <ValueNow plotted={plotted} />
            ) : (
              <ValueThen plotted={plotted} moment={moment} minutes={minutes} model={model} />
            )}
          </li>
        ))}
      </ul>
    </div>
  )
}

function NowOrLast({ plan }: { readonly plan: ChartPlan }) {
  const { readings } = useServices().live
  const state = useLiveState()
  return useTicking((nowMs) => {
    const shown = plan.plotted.flatMap(({ signal }) => readings.latest(signal.event.public_id) ?? [])
    return legendHeading(shown, nowMs, state)
  })
}

function LineSample({ plotted, isDashed }: { readonly plotted: PlottedSignal; readonly isDashed: boolean }) {
  const scheme = useComputedColorScheme('light')
  return (
    <svg className={classes.sample} viewBox="0 0 24 8" aria-hidden focusable="false">
      <line
        x1="1"
        x2="23"
        y1="4"
        y2="4"
        stroke={colorOf(scheme, plotted.color)}
        strokeWidth="3"
        strokeLinecap={isDashed ? 'butt' : 'round'}
        {...(isDashed ? { strokeDasharray: SECOND_AXIS_DASH.join(' ') } : {})}
      />
    </svg>
  )
}

function ValueNow({ plotted: { signal, unit } }: { readonly plotted: PlottedSignal }) {
  const { event } = signal
  const reading = useLiveReading(event.public_id)
  const isOld = useIsStale(reading)
  const lastTime = useTicking((nowMs) =>
    isOld && reading?.time !== undefined ? formatLastTime(reading.time / 1000, nowMs) : undefined,
  )
  const value = reading?.value
  if (value === undefined) return <span className={classes.entryValue}>no reading yet</span>
  return (
    <span className={classes.entryValue} data-stale={isOld || undefined}>
      {formatValue(value, decimalsFor(event.max_value - event.min_value))} {unit}
      {lastTime !== undefined && ` (${lastTime})`}
    </span>
  )
}

interface ValueThenProps {
  readonly plotted: PlottedSignal
  readonly moment: number
  readonly minutes: number
  readonly model: TrendModel
}

function ValueThen({ plotted: { signal, unit }, moment, minutes, model }: ValueThenProps) {
  const reach = Math.max(3, (minutes * 60) / 100)
  const near = readingNear(model.traceOf(signal.event.public_id), moment, reach)
  if (near === undefined) return <span className={classes.entryValue}>no reading</span>
  return (
    <span className={classes.entryValue} title={`Read ${formatMoment(near.time * 1000)}`}>
      {formatExact(near.value)} {unit}
    </span>
  )
}
