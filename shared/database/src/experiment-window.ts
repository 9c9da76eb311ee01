import type { ExperimentId } from '@webmacs/contracts'
import { type RawBuilder, sql } from 'kysely'

/**
 * SQL for the public id of the experiment that a moment belongs to, or null. A datapoint belongs to the experiment whose window
 * `[started_on, stopped_on)` holds its time, so that late readings find their experiment by themselves. The one place that says so.
 * @param moment SQL of a `timestamptz`
 */
export function experimentAt(moment: RawBuilder<unknown>): RawBuilder<ExperimentId | null> {
  return sql<ExperimentId | null>`(
    SELECT experiments.public_id FROM experiments
    WHERE experiments.started_on <= ${moment} AND (experiments.stopped_on IS NULL OR experiments.stopped_on > ${moment})
    ORDER BY experiments.started_on DESC LIMIT 1
  )`
}
