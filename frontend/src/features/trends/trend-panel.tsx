import { Alert, SegmentedControl, Skeleton, Text, VisuallyHidden } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'
import { useServices } from '../../app/services.ts'
import { Failure } from '../../components/failure.tsx'
import type { SignalGroup } from '../signals/signal-groups.ts'
import { type ChartPlan, planChart } from './chart-plan.ts'
import { createCursorStore } from './cursor-store.ts'
import { describeTrend } from './describe-trend.ts'
import { seriesQuery, WINDOWS } from './series-query.ts'
import { SignalPicker } from './signal-picker.tsx'
import { TrendChart } from './trend-chart.tsx'
import { TrendLegend } from './trend-legend.tsx'
import { createTrendModel, type TrendModel } from './trend-model.ts'
import classes from './trend-panel.module.css'
import { useSamePlan } from './use-same-plan.ts'
import { useTrendChoice } from './use-trend-choice.ts'

const DESCRIBE_MS = 15_000
/** What was measured just before a connection came back is stored a little later: the past is asked for once more then. */
const WRITE_LAG_MS = 5000

/** The course of the chosen signals: the stored past, continued live. */
export function TrendPanel({ groups }: { readonly groups: readonly SignalGroup[] }) {
  const choice = useTrendChoice(groups)
  const { signals, minutes } = choice
  const plan = useMemo(() => planChart(groups, signals), [groups, signals])
  const stablePlan = useSamePlan(plan)
  const { live } = useServices()
  const [model] = useState(() => createTrendModel(live.readings))
  const [cursor] = useState(createCursorStore)
  const history = useHistory(stablePlan, minutes, model)
  const description = useDescription(stablePlan, minutes, model, history.data)
  return (
    <section className={classes.panel} aria-labelledby="trend-title">
      <div className={classes.toolbar}>
        <h2 id="trend-title" className={classes.title}>
          Trend
        </h2>
        <div className={classes.tools}>
          <SegmentedControl
            size="xs"
            aria-label="Time shown"
            value={String(minutes)}
            onChange={(value) => choice.setMinutes(Number(value))}
            data={WINDOWS.map((window) => ({ value: String(window.minutes), label: window.label }))}
          />
          <SignalPicker groups={groups} chosen={signals} onChange={choice.setSignals} />
        </div>
      </div>
      {stablePlan.leftOut.length > 0 && (
        <Alert color="yellow" variant="light" p="xs" role="status">
          A chart has room for two units. Signals in {stablePlan.leftOut.join(', ')} are not drawn; deselect others to
          see them.
        </Alert>
      )}
      {history.error !== null && (
        <Failure title="The past could not be loaded" error={history.error} onRetry={() => void history.refetch()} />
      )}
      {stablePlan.plotted.length === 0 ? (
        <div className={classes.empty}>
          <Text c="dimmed">No signals chosen. Choose some under “Signals”.</Text>
        </div>
      ) : (
        <>
          <TrendChart plan={stablePlan} minutes={minutes} model={model} cursor={cursor} description={description} />
          <TrendLegend plan={stablePlan} minutes={minutes} model={model} cursor={cursor} />
        </>
      )}
      <VisuallyHidden>{description}</VisuallyHidden>
    </section>
  )
}

/** Keeps the model filled: with the past when the choice changes, with what was missed after an outage, and with all that arrives. */
function useHistory(plan: ChartPlan, minutes: number, model: TrendModel) {
  const { client, live } = useServices()
  const eventIds = useMemo(() => plan.plotted.map(({ signal }) => signal.event.public_id), [plan])
  const history = useQuery(seriesQuery(client, eventIds, minutes))
  const { data, refetch } = history
  useEffect(() => model.connect(), [model])
  useEffect(() => {
    model.follow(eventIds)
    if (data !== undefined) model.setHistory(data)
  }, [model, eventIds, data])
  useEffect(() => {
    let echo: ReturnType<typeof setTimeout> | undefined
    const stopListening = live.onRecovered(() => {
      void refetch()
      clearTimeout(echo)
      echo = setTimeout(() => void refetch(), WRITE_LAG_MS)
    })
    return () => {
      stopListening()
      clearTimeout(echo)
    }
  }, [live, refetch])
  return history
}

/** The chart in words: told anew when the past has arrived, and now and then, since nobody reads it as fast as it is drawn. */
function useDescription(plan: ChartPlan, minutes: number, model: TrendModel, past: unknown): string {
  const [description, setDescription] = useState('')
  // biome-ignore lint/correctness/useExhaustiveDependencies: the model has taken in the past by then, without telling React
  useEffect(() => {
    const describe = (): void => setDescription(describeTrend(plan, minutes, model))
    describe()
    const timer = setInterval(describe, DESCRIBE_MS)
    return () => clearInterval(timer)
  }, [plan, minutes, model, past])
  return description
}

/** Takes the room that the trend will take. */
export function TrendSkeleton() {
  return (
    <section className={classes.panel} aria-label="Loading the trend" aria-busy="true">
      <Skeleton height="1.9rem" width="10rem" />
      <Skeleton className={classes.chart} />
      <Skeleton height="1.5rem" />
    </section>
  )
}
