import { decimalsFor, formatValue } from '../../lib/format.ts'
import { extentOf } from './chart-data.ts'
import type { ChartPlan } from './chart-plan.ts'
import { WINDOWS } from './series-query.ts'
import type { TrendModel } from './trend-model.ts'

/** The chart in words, for those who do not see it. */
export function describeTrend(plan: ChartPlan, minutes: number, model: TrendModel): string {
  const past = WINDOWS.find((window) => window.minutes === minutes)?.label ?? `${minutes} min`
  const courses = plan.plotted.map(({ name, unit, signal: { event } }) => {
    const trace = model.traceOf(event.public_id)
    const extent = extentOf(trace)
    if (extent === undefined) return `${name}: no readings`
    const decimals = decimalsFor(event.max_value - event.min_value)
    const last = trace.values.findLast((value) => value !== null) ?? extent.highest
    const text = (value: number): string => formatValue(value, decimals)
    return `${name}: ${text(extent.lowest)} to ${text(extent.highest)} ${unit}, last ${text(last)} ${unit}`
  })
  return `Line chart of the last ${past}. ${courses.join('. ')}.`
}
