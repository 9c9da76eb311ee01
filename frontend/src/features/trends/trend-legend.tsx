import { useComputedColorScheme } from '@mantine/core'
import type { Event } from '@webmacs/contracts'
import { useSyncExternalStore } from 'react'
import { useServices } from '../../app/services.ts'
import { decimalsFor, formatLastTime, formatMoment, formatValue } from '../../lib/format.ts'
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

/** A reading under the cursor is told a little more exactly than the card tells the present. */
const CURSOR_DECIMALS = 1

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
      <Digits value={value} event={event} moreDecimals={0} /> {unit}
      {lastTime !== undefined && ` (${lastTime})`}
    </span>
  )
}

interface DigitsProps {
  readonly value: number
  readonly event: Event
  /** Beyond those of the card. */
  readonly moreDecimals: number
}

/** A number in the room that any value of its event's range takes, so that nothing moves while it changes. */
function Digits({ value, event: { min_value, max_value }, moreDecimals }: DigitsProps) {
  const decimals = decimalsFor(max_value - min_value)
  const lengths = [min_value, max_value].map((end) => formatValue(end, decimals + CURSOR_DECIMALS).length)
  return (
    <span className={classes.digits} style={{ minWidth: `${Math.max(...lengths)}ch` }}>
      {formatValue(value, decimals + moreDecimals)}
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
  const { event } = signal
  const reach = Math.max(3, (minutes * 60) / 100)
  const near = readingNear(model.traceOf(event.public_id), moment, reach)
  if (near === undefined) return <span className={classes.entryValue}>no reading</span>
  return (
    <span className={classes.entryValue} title={`Read ${formatMoment(near.time * 1000)}`}>
      <Digits value={near.value} event={event} moreDecimals={CURSOR_DECIMALS} /> {unit}
    </span>
  )
}
