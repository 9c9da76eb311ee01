import { useMemo } from 'react'
import type { ChartPlan } from './chart-plan.ts'

/** The same object while the plan says the same: the plugins are asked about again and again, and the chart must not be made anew for it. */
export function useSamePlan(plan: ChartPlan): ChartPlan {
  const key = JSON.stringify(plan)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for all that the plan says
  return useMemo(() => plan, [key])
}
