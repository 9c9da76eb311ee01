import { type Static, Type } from 'typebox'
import { EventId, ExperimentId } from '../ids.ts'
import { QualityWords } from '../quality.ts'
import { Timestamp } from '../time.ts'
import { Page, pageOf } from './common.ts'

export const Datapoint = Type.Object({
  public_id: Type.String({
    description: 'Public id, derived from event and time',
    examples: ['dp_7k2m9q4tx3ab_1g5w2k3v9q'],
  }),
  value: Type.Number({ description: "In the event's unit", examples: [23.5] }),
  timestamp: Timestamp,
  event_public_id: EventId,
  experiment_public_id: Type.Union([ExperimentId, Type.Null()], {
    description: 'Experiment whose time it lies in; null: none',
    examples: ['exp_7k2m9q4tx3ab'],
  }),
  quality: Type.Optional(QualityWords),
})
export type Datapoint = Static<typeof Datapoint>

export const DatapointPage = Type.Object({
  ...pageOf(Datapoint).properties,
  total_is_estimate: Type.Optional(
    Type.Boolean({ description: 'True where `total` was estimated: counting would have read too much' }),
  ),
  next_cursor: Type.Optional(
    Type.Union([Type.String(), Type.Null()], {
      description: '`cursor` of the page that follows; null: this is the last one',
      examples: ['dp_7k2m9q4tx3ab_1g5w2k3v9q'],
    }),
  ),
})

export type DatapointPage = Static<typeof DatapointPage>

const moment = (description: string) =>
  Type.String({ minLength: 1, maxLength: 64, description, examples: ['2026-11-23T16:00:00Z'] })

/** `shown`: good and uncertain ones, which have a value. */
export const QUALITY_FILTERS = ['shown', 'good', 'uncertain', 'bad'] as const
export type QualityFilter = (typeof QUALITY_FILTERS)[number]

export const DatapointQuery = Type.Object({
  ...Page.properties,
  event: Type.Optional(
    Type.String({ maxLength: 64, description: 'Only of this event', examples: ['evt_7k2m9q4tx3ab'] }),
  ),
  experiment: Type.Optional(
    Type.String({ maxLength: 64, description: 'Only of this experiment', examples: ['exp_7k2m9q4tx3ab'] }),
  ),
  from: Type.Optional(moment('Not before this moment, UTC')),
  to: Type.Optional(moment('Before this moment, UTC')),
  quality: Type.Unsafe<QualityFilter>(
    Type.Enum([...QUALITY_FILTERS], {
      default: 'shown',
      description: 'Only of this class; a bad one without value has 0',
    }),
  ),
  cursor: Type.Optional(
    Type.String({
      maxLength: 64,
      description: 'Datapoints after this one in the list, instead of page and skip: what `next_cursor` said',
      examples: ['dp_7k2m9q4tx3ab_1g5w2k3v9q'],
    }),
  ),
})
export type DatapointQuery = Static<typeof DatapointQuery>
export const LatestDatapoints = Type.Array(Datapoint)

/** Most datapoints that one request or message may carry. */
export const MAX_BATCH_SIZE = 500

export const NewDatapoint = Type.Object({
  value: Type.Number({ description: "Finite, in the event's unit", examples: [23.5] }),
  event_public_id: Type.String({
    maxLength: 255,
    description: 'Public id of an event that is linked to an enabled plugin instance',
    examples: ['evt_7k2m9q4tx3ab'],
  }),
  timestamp: Type.Optional(
    Type.Union([Type.String({ maxLength: 64 }), Type.Null()], {
      description:
        'When it was measured, ISO 8601 to the microsecond (UTC where no offset is given), from the retention limit to a day ahead; null or left out: now. An output is set now or not at all',
      examples: ['2026-11-23T16:12:13.408444Z'],
    }),
  ),
})
export type NewDatapoint = Static<typeof NewDatapoint>

export const NewDatapoints = Type.Object({
  datapoints: Type.Array(NewDatapoint, { maxItems: MAX_BATCH_SIZE, description: 'In any order' }),
})
export type NewDatapoints = Static<typeof NewDatapoints>

/** Why one datapoint of a batch was not taken. */
export const REJECTION_CODES = [
  'unknown_event',
  'not_linked',
  'invalid',
  'bad_time',
  'duplicate_time',
  'command_failed',
] as const
export type RejectionCode = (typeof REJECTION_CODES)[number]

export const RejectedDatapoint = Type.Object({
  index: Type.Integer({ minimum: 0, description: 'Its place in the batch, from 0', examples: [3] }),
  event_public_id: Type.String({
    description: 'The event that it named; empty when it named none',
    examples: ['evt_7k2m9q4tx3ab'],
  }),
  code: Type.Unsafe<RejectionCode>(
    Type.Enum([...REJECTION_CODES], { description: 'Why it was not taken, for programs' }),
  ),
  reason: Type.String({
    description: 'Why it was not taken, for people',
    examples: ['The event is not linked to an enabled plugin instance.'],
  }),
})
export type RejectedDatapoint = Static<typeof RejectedDatapoint>

/** What became of a batch. */
export const TelemetryOutcome = Type.Object({
  accepted: Type.Integer({ minimum: 0, description: 'How many were taken', examples: [1] }),
  rejected: Type.Array(RejectedDatapoint, { description: 'Which were not, and why' }),
})
export type TelemetryOutcome = Static<typeof TelemetryOutcome>

/** Answer to new datapoints: `message` begins with the number of those taken, as older clients read it. */
export const DatapointsCreated = Type.Object({
  status: Type.Literal('success', { description: 'Always success' }),
  message: Type.String({
    description: 'Begins with the number of datapoints that were taken',
    examples: ['1 datapoint successfully created.'],
  }),
  ...TelemetryOutcome.properties,
  committed: Type.Optional(
    Type.Boolean({
      description:
        'Whether they are in the database, not only safe in the broker; only where `wait=committed` asked for it and this is no repeated answer',
    }),
  ),
})
export type DatapointsCreated = Static<typeof DatapointsCreated>

export const SeriesRequest = Type.Object({
  event_public_ids: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
    minItems: 1,
    maxItems: 20,
    description: 'Public ids of events; each becomes a key of the answer',
    examples: [['evt_7k2m9q4tx3ab']],
  }),
  minutes: Type.Integer({ minimum: 1, maximum: 14_400, default: 60, description: 'Window back from now, minutes' }),
  max_points: Type.Integer({
    minimum: 10,
    maximum: 2000,
    default: 500,
    description: 'Most points per event; lowest and highest values survive the reduction',
  }),
})
export type SeriesRequest = Static<typeof SeriesRequest>
export const SeriesResponse = Type.Record(Type.String(), Type.Array(Datapoint), {
  description: 'Event id → points, ascending in time',
})
export type SeriesResponse = Static<typeof SeriesResponse>
