import type { Experiment } from '@webmacs/contracts'
import { type ChartSearch, DEFAULT_SPAN, isoOf } from '../charts/chart-search.ts'

/** A part of an experiment's length before and after it, so that one sees where it begins. */
const AROUND = 0.03

/** The chart of an experiment: all of it; of one that runs, from its start on, live. */
export function chartOf(
  { started_on, stopped_on }: Pick<Experiment, 'started_on' | 'stopped_on'>,
  nowMs: number = Date.now(),
): ChartSearch {
  if (started_on === null) return {}
  const from = Date.parse(started_on) / 1000
  if (stopped_on === null) return { last: Math.max(DEFAULT_SPAN / 20, Math.ceil((nowMs / 1000 - from) * (1 + AROUND))) }
  const to = Date.parse(stopped_on) / 1000
  const around = Math.max(1, (to - from) * AROUND)
  return { from: isoOf(from - around), to: isoOf(to + around) }
}
