import { type Static, Type } from 'typebox'
import { MAX_BATCH_SIZE, NewDatapoint } from '../http/datapoints.ts'
import { EventId, ExperimentId, UserId } from '../ids.ts'
import { Timestamp } from '../time.ts'

/** Longest idempotency key. */
export const MAX_IDEMPOTENCY_KEY = 255

/** Request on `telemetry`: datapoints that came over a socket. The answer is a `TelemetryOutcome`, or a refusal. */
export const TelemetryBatch = Type.Object({
  user: UserId,
  datapoints: Type.Array(NewDatapoint, { minItems: 1, maxItems: MAX_BATCH_SIZE }),
  idempotency_key: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_IDEMPOTENCY_KEY })),
  received_on: Type.Optional({
    ...Timestamp,
    description: 'When the socket got it: who holds a batch must not set an output late',
  }),
})
export type TelemetryBatch = Static<typeof TelemetryBatch>

/** Request on `historian.delete`, answered by ingest: removes one datapoint and mends the rollups that held it. */
export const DeleteDatapoint = Type.Object({ event: EventId, time: Timestamp })
export type DeleteDatapoint = Static<typeof DeleteDatapoint>
export const DeletedDatapoints = Type.Object({ deleted: Type.Integer({ minimum: 0 }) })
export type DeletedDatapoints = Static<typeof DeletedDatapoints>

/** Answer on `experiments.running`. */
export const RunningExperiment = Type.Object({
  experiment: Type.Union([Type.Object({ public_id: ExperimentId, started_on: Timestamp }), Type.Null()]),
})
export type RunningExperiment = Static<typeof RunningExperiment>
