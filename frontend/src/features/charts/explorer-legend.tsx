import { useComputedColorScheme } from '@mantine/core'
import type { EventId } from '@webmacs/contracts'
import { useSyncExternalStore } from 'react'
import { decimalsFor, formatMoment } from '../../lib/format.ts'
import type { ChartPlan, PlottedSignal } from '../trends/chart-plan.ts'
import type { CursorStore } from '../trends/cursor-store.ts'
import { colorOf } from '../trends/palette.ts'
import classes from './charts.module.css'
import type { Course } from './course.ts'
import { readOff, type Summary } from './describe-chart.ts'
import { AXIS_DASHES } from './explorer-options.ts'

interface ExplorerLegendProps {
  readonly plan: ChartPlan
  readonly cursor: CursorStore
  readonly summaries: readonly Summary[]
  /** How far from the cursor a reading may be, seconds. */
  readonly reach: () => number
  readonly coursesOf: (eventId: EventId) => readonly Course[]
}

/** Which line is which: with its lowest and highest, or with what the cursor reads off. */
export function ExplorerLegend({ plan, cursor, summaries, reach, coursesOf }: ExplorerLegendProps) {
  const moment = useSyncExternalStore(cursor.subscribe, cursor.get)
  return (
    <div className={classes.legend}>
      <p className={classes.moment}>{moment === undefined ? 'Lowest to highest' : formatMoment(moment * 1000)}</p>
      <ul className={classes.entries} aria-label="Lines of the chart">
        {plan.plotted.map((plotted) => {
          const { event } = plotted.signal
          return (
            <li key={event.public_id} className={classes.entry}>
              <LineSample plotted={plotted} dash={AXIS_DASHES[plan.units.indexOf(plotted.unit)] ?? []} />
              <span className={classes.entryName} title={plotted.name}>
                {plotted.name}
              </span>
              <span className={classes.entryValue}>
                {moment === undefined ? (
                  (summaries.find(({ eventId }) => eventId === event.public_id)?.text ?? 'no readings')
                ) : (
                  <Then plotted={plotted} courses={coursesOf(event.public_id)} moment={moment} reach={reach()} />
                )}
              </span>
            </li>
          )
        })}
      </ul>
    </div>
  )
}

interface ThenProps {
  readonly plotted: PlottedSignal
  readonly courses: readonly Course[]
  readonly moment: number
  readonly reach: number
}

function Then({ plotted: { signal, unit }, courses, moment, reach }: ThenProps) {
  const { max_value, min_value } = signal.event
  const read = readOff(courses, moment, reach, decimalsFor(max_value - min_value) + 1)
  if (read === undefined) return 'no reading'
  return (
    <>
      {read.value} {unit}
      {read.band !== undefined && <span className={classes.band}> ({read.band})</span>}
    </>
  )
}

function LineSample({ plotted, dash }: { readonly plotted: PlottedSignal; readonly dash: readonly number[] }) {
  const scheme = useComputedColorScheme('light')
  const color = colorOf(scheme, plotted.color)
  return (
    <svg className={classes.sample} viewBox="0 0 24 8" aria-hidden focusable="false">
      <line x1="1" x2="23" y1="4" y2="4" stroke={color} strokeWidth="3" strokeDasharray={dash.join(' ')} />
    </svg>
  )
}
