import type { ExperimentId, Micros } from '@webmacs/contracts'
import { moment, type Tables } from '@webmacs/database'
import { type Kysely, sql } from 'kysely'

export interface ExperimentWindow {
  readonly experiment: ExperimentId
  readonly from: Micros
  /** Null: it runs. */
  readonly to: Micros | null
}

/** Experiments that a moment from then on may belong to, in order of time. */
export async function experimentsSince(db: Kysely<Tables>, from: Micros): Promise<ExperimentWindow[]> {
  const { rows } = await sql<ExperimentWindow>`
    SELECT public_id AS experiment, started_on AS from, stopped_on AS to FROM experiments
    WHERE started_on IS NOT NULL AND (stopped_on IS NULL OR stopped_on > ${moment(from)}) ORDER BY started_on
  `.execute(db)
  return rows
}

/** What `experimentAt` of shared/database says, for thousands of moments: windows `[from, to)` do not overlap. */
export function experimentOf(windows: readonly ExperimentWindow[], time: Micros): ExperimentId | null {
  const latest = windows.findLast(({ from }) => from <= time)
  return latest !== undefined && (latest.to === null || latest.to > time) ? latest.experiment : null
}
