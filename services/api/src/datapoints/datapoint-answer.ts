import {
  type Datapoint,
  datapointId,
  decodeQuality,
  type EventId,
  type ExperimentId,
  formatTime,
  GOOD,
  type Micros,
  type QualityBits,
} from '@webmacs/contracts'
import { type RawBuilder, sql } from 'kysely'

/** A reading that has a value, and the experiment that it belongs to. */
export interface DatapointRow {
  readonly event: EventId
  readonly ts: Micros
  readonly value: number
  readonly quality: QualityBits
  readonly experiment: ExperimentId | null
}

export function datapointAnswer({ event, ts, value, quality, experiment }: DatapointRow): Datapoint {
  return {
    public_id: datapointId({ event, time: ts }),
    value,
    timestamp: formatTime(ts),
    event_public_id: event,
    experiment_public_id: experiment,
    ...(quality !== GOOD && { quality: decodeQuality(quality) }),
  }
}

/**
 * SQL for "this datapoint has a value that may be shown": clients of these routes know no quality, so bad readings are left out.
 * @param alias of the table `datapoints` in the statement
 */
export function isShown(alias: string): RawBuilder<boolean> {
  const table = sql.table(alias)
  return sql<boolean>`(${table}.value IS NOT NULL AND (${table}.quality & 3) <> 2)`
}
