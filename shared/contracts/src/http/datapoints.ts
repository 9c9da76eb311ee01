import { type Static, Type } from 'typebox'
import { EventId, ExperimentId } from '../ids.ts'
import { QualityWords } from '../quality.ts'
import { Timestamp } from '../time.ts'
import { pageOf } from './common.ts'

export const Datapoint = Type.Object({
  public_id: Type.String({ description: 'Derived from event and time', examples: ['dp_7k2m9q4tx3ab_1g5w2k3v9q'] }),
  value: Type.Number({ description: "In the event's unit" }),
  timestamp: Timestamp,
  event_public_id: EventId,
  experiment_public_id: Type.Union([ExperimentId, Type.Null()]),
  quality: Type.Optional(QualityWords),
})
export type Datapoint = Static<typeof Datapoint>

export const DatapointPage = pageOf(Datapoint)

export const SeriesRequest = Type.Object({
  event_public_ids: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: 20 }),
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
