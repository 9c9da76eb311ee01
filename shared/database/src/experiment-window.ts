import type { ExperimentId } from '@webmacs/contracts'
import { type RawBuilder, sql } from 'kysely'

/**
 * SQL for the public id of the experiment that a moment belongs to, or null. A datapoint belongs to the experiment whose window
 * `[started_on, stopped_on)` holds its time, so that late readings find their experiment by themselves. The one place that says so.
 * @param moment SQL of a `timestamptz`
 */
export function experimentAt(moment: RawBuilder<unknown>): RawBuilder<ExperimentId | null> {
  // Windows do not overlap, so only the experiment that started last before the moment can hold it: one look into an index.
  return sql<ExperimentId | null>`(
    SELECT CASE WHEN latest.stopped_on IS NULL OR latest.stopped_on > ${moment} THEN latest.public_id END
    FROM (
      SELECT public_id, stopped_on FROM experiments WHERE experiments.started_on <= ${moment}
      ORDER BY experiments.started_on DESC LIMIT 1
    ) latest
  )`
}
