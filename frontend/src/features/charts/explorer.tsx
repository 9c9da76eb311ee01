import { Alert, Loader, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import type { EventId } from '@webmacs/contracts'
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { useServices } from '../../app/services.ts'
import { Failure } from '../../components/failure.tsx'
import type { SignalGroup } from '../signals/signal-groups.ts'
import { type PlanLimits, planChart } from '../trends/chart-plan.ts'
import { createCursorStore } from '../trends/cursor-store.ts'
import { useSamePlan } from '../trends/use-same-plan.ts'
import classes from './charts.module.css'
import { describeChart, type Summary, summariesOf } from './describe-chart.ts'
import { ExplorerChart } from './explorer-chart.tsx'
import { ExplorerLegend } from './explorer-legend.tsx'
import type { ExplorerPainter } from './explorer-painter.ts'
import { createLiveTail } from './live-tail.ts'
import { RangeBar } from './range-bar.tsx'
import { createTileLoader, forgetSeries, type LoadStatus, type TileLoader } from './tile-loader.ts'
import { describeResolution } from './time-labels.ts'
import { spanOf } from './view.ts'
import type { ViewStore } from './view-store.ts'

interface ExplorerProps {
  readonly groups: readonly SignalGroup[]
  readonly events: readonly string[]
  readonly limits: PlanLimits
  readonly view: ViewStore
}

const NO_COURSES: readonly [] = []
/** A reading so many columns away still counts as under the cursor. */
const REACH_PART = 1 / 100

/** The chart with its range and its legend. */
export function Explorer({ groups, events, limits, view }: ExplorerProps) {
  const { client, live } = useServices()
  const queries = useQueryClient()
  const plan = useSamePlan(useMemo(() => planChart(groups, events, limits), [groups, events, limits]))
  const [loader] = useState(() => createTileLoader(client, queries))
  const [tail] = useState(() => createLiveTail(live.readings))
  const [cursor] = useState(createCursorStore)
  const painter = useRef<ExplorerPainter>(undefined)
  const onPainter = useCallback((started: ExplorerPainter | undefined) => {
    painter.current = started
  }, [])
  const coursesOf = useCallback((id: EventId) => painter.current?.coursesOf(id) ?? NO_COURSES, [])
  const status = useSyncExternalStore(loader.subscribe, loader.status)
  useEffect(() => tail.connect(), [tail])
  useEffect(() => live.onRecovered(() => void forgetSeries(queries)), [live, queries])
  const summaries = useSettled(view, loader, () => summariesOf(plan, view.get(), coursesOf))
  const description = describeChart(plan, view.get(), status.resolutions, summaries)
  const isEmpty = summaries.length > 0 && summaries.every(({ text }) => text === undefined)
  return (
    <section className={classes.panel} aria-label="Chart">
      <RangeBar view={view} />
      {plan.leftOut.length > 0 && (
        <Alert color="yellow" variant="light" p="xs" role="status">
          A chart has room for four units. Signals in {plan.leftOut.join(', ')} are not drawn; deselect others to see
          them.
        </Alert>
      )}
      {status.error !== null && (
        <Failure
          title="This part of the past could not be loaded"
          error={status.error}
          onRetry={() => void forgetSeries(queries)}
        />
      )}
      {plan.plotted.length === 0 ? (
        <div className={classes.empty}>
          <Text c="dimmed">No signals chosen. Choose some under “Signals”.</Text>
        </div>
      ) : (
        <>
          <div className={classes.frame}>
            <ExplorerChart {...{ plan, view, loader, tail, cursor, description, onPainter }} />
            {isEmpty && !status.isLoading && status.error === null && (
              <div className={classes.note}>
                <span>No readings in this time</span>
              </div>
            )}
          </div>
          <Status status={status} />
          <ExplorerLegend
            plan={plan}
            cursor={cursor}
            summaries={summaries}
            reach={() => spanOf(view.get()) * REACH_PART}
            coursesOf={coursesOf}
          />
        </>
      )}
    </section>
  )
}

function Status({ status }: { readonly status: LoadStatus }) {
  return (
    <div className={classes.status}>
      <span role="status" aria-label="Resolution">
        {describeResolution(status.resolutions)}
        {status.isLoading && (
          <>
            {' '}
            <Loader size="0.75rem" ml={6} aria-label="Loading" />
          </>
        )}
      </span>
      <p className={classes.hint}>
        Drag to zoom, Shift and drag to move, wheel to zoom. Keys: + − ← → Shift+← Backspace
      </p>
    </div>
  )
}

const SETTLE_MS = 400
const LIVE_MS = 5000

/** What `tell` says once view and data have come to rest, and now and then, since nobody reads it as fast as it is drawn. */
function useSettled(view: ViewStore, loader: TileLoader, tell: () => Summary[]): Summary[] {
  const [told, setTold] = useState<Summary[]>([])
  const latest = useRef(tell)
  latest.current = tell
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const update = (): void => setTold(latest.current())
    const soon = (): void => {
      clearTimeout(timer)
      timer = setTimeout(update, SETTLE_MS)
    }
    const stopListening = [view.subscribe(soon), loader.subscribe(soon)]
    const repeated = setInterval(update, LIVE_MS)
    soon()
    return () => {
      clearTimeout(timer)
      clearInterval(repeated)
      for (const stop of stopListening) stop()
    }
  }, [view, loader])
  return told
}
