import { type Static, Type } from 'typebox'
import { EventId, InstanceId } from '../ids.ts'
import { Timestamp } from '../time.ts'
import { SUBJECT_TOKEN } from './subjects.ts'

export const GAP_REASONS = ['overflow', 'controller_down', 'driver_down', 'stopped', 'unknown'] as const
export type GapReason = (typeof GAP_REASONS)[number]
export const GapReason = Type.Unsafe<GapReason>(
  Type.Enum([...GAP_REASONS], {
    description:
      'overflow: a full outbox let frames go; controller_down: the controller was not running; driver_down: its driver was not; stopped: on purpose; unknown: nobody can tell',
  }),
)

/**
 * Request on `historian.gap`, answered by ingest once it stands in the ledger: readings that will never come. Sequence numbers, where there are any,
 * count as dealt with from then on. The same gap told twice stands there once.
 */
export const ReportGap = Type.Object({
  source: Type.String({ pattern: SUBJECT_TOKEN }),
  reason: GapReason,
  from: { ...Timestamp, description: 'Time of the first reading that is missing, or of the last before it' },
  to: { ...Timestamp, description: 'Time of the last reading that is missing, or of the first after it' },
  instance: Type.Union([InstanceId, Type.Null()]),
  events: Type.Array(EventId, { maxItems: 5000, description: 'Events concerned; empty: all of the source' }),
  epoch: Type.Union([Type.String({ pattern: SUBJECT_TOKEN }), Type.Null()]),
  first_seq: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]),
  last_seq: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]),
})
export type ReportGap = Static<typeof ReportGap>
export const GapRecorded = Type.Object({ recorded: Type.Literal(true) })
