import { type Static, Type } from 'typebox'
import { MAX_IDEMPOTENCY_KEY } from './bus/telemetry.ts'
import { MAX_BATCH_SIZE, NewDatapoint, TelemetryOutcome } from './http/datapoints.ts'
import { EventId, ExperimentId } from './ids.ts'
import { QualityWords } from './quality.ts'
import { Timestamp } from './time.ts'

export const STREAM_PATH = '/ws/datapoints/stream'
export const TELEMETRY_PATH = '/ws/controller/telemetry'

/**
 * How a client says who it is without showing its token in an address that proxies log: the sub-protocols `webmacs` and
 * `webmacs.token.<token>` (the server chooses `webmacs`), or a first message of type `auth`. Older clients use the query `?token=`.
 */
export const SOCKET_PROTOCOL = 'webmacs'
export const SOCKET_TOKEN_PROTOCOL = 'webmacs.token.'

/** First message of a client whose address and sub-protocols name no token; within `AUTH_DEADLINE_MS` of the opening. */
export const SocketAuth = Type.Object({
  type: Type.Literal('auth'),
  token: Type.String({ minLength: 1, maxLength: 8192 }),
})
export type SocketAuth = Static<typeof SocketAuth>
export const AUTH_DEADLINE_MS = 5000

/**
 * Close codes of the sockets: 1008 refused (reason says why), 1003 not JSON text, 1009 too large, 1011 a fault of ours, 1013 the reader is
 * too slow or the server cannot let anybody in for now (come back later), 1001 going away.
 */
export const CLOSE = {
  goingAway: 1001,
  unsupported: 1003,
  policy: 1008,
  tooLarge: 1009,
  failed: 1011,
  tooSlow: 1013,
  tryLater: 1013,
} as const

/** Reasons of 1008 that another token does not help against; with every other reason the token is refused. */
export const CLOSE_REASON = {
  /** The token is good, but its user may not send telemetry. */
  operatorOnly: 'Operator privileges required',
  /** The user may do less than when the socket was opened: connect again with the same token. */
  roleChanged: 'Role has changed',
} as const

export const StreamDatapoint = Type.Object({
  value: Type.Number(),
  event_public_id: EventId,
  timestamp: Timestamp,
  experiment_public_id: Type.Union([ExperimentId, Type.Null()]),
  quality: Type.Optional(QualityWords),
})
export type StreamDatapoint = Static<typeof StreamDatapoint>

/** A reading without a value: the sensor could not be read. The last value stands, but is no longer true. */
export const StreamFault = Type.Object({
  event_public_id: EventId,
  timestamp: Timestamp,
  quality: QualityWords,
})
export type StreamFault = Static<typeof StreamFault>

/** Server → client on the live stream. Older clients read `datapoints_batch` and pass over the rest. */
export const StreamMessage = Type.Union([
  Type.Object({ type: Type.Literal('connected'), message: Type.String() }),
  Type.Object({
    type: Type.Literal('datapoints_batch'),
    datapoints: Type.Array(StreamDatapoint),
    faults: Type.Optional(Type.Array(StreamFault)),
  }),
  Type.Object({ type: Type.Literal('pong') }),
  Type.Object({
    type: Type.Literal('subscribed'),
    events: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
      description: 'How many events are followed; null: all',
    }),
  }),
  Type.Object({
    type: Type.Literal('heartbeat'),
    time: Timestamp,
    source: Type.Unsafe<'live' | 'stale'>(
      Type.Enum(['live', 'stale'], { description: 'stale while the broker is away: no value can arrive' }),
    ),
  }),
  Type.Object({ type: Type.Literal('error'), message: Type.String() }),
])
export type StreamMessage = Static<typeof StreamMessage>

/** Every so often the server says that it lives; twice this without a word, and a client should reconnect. */
export const STREAM_HEARTBEAT_MS = 5000

export const StreamPing = Type.Object({ type: Type.Literal('ping') })
export type StreamPing = Static<typeof StreamPing>

/** Follows only the events named; null or left out: all of them again. */
export const StreamSubscribe = Type.Object({
  type: Type.Literal('subscribe'),
  event_public_ids: Type.Optional(
    Type.Union([Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 5000 }), Type.Null()]),
  ),
  max_rate_hz: Type.Optional(
    Type.Number({ exclusiveMinimum: 0, maximum: 5, description: 'Updates a second and event, at most 5' }),
  ),
})
export type StreamSubscribe = Static<typeof StreamSubscribe>

/** Client → server. */
export const StreamRequest = Type.Union([StreamPing, StreamSubscribe])
export type StreamRequest = Static<typeof StreamRequest>

/**
 * Client → server on the telemetry socket. With `id`, the server answers what became of the batch and remembers the answer: the same `id` again
 * stores nothing twice. Without, it says nothing but errors, as older clients expect.
 */
export const TelemetryMessage = Type.Object({
  id: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_IDEMPOTENCY_KEY })),
  datapoints: Type.Array(NewDatapoint, { maxItems: MAX_BATCH_SIZE }),
})
export type TelemetryMessage = Static<typeof TelemetryMessage>

/** Server → client on the telemetry socket. */
export const TelemetryAnswer = Type.Union([
  Type.Object({ type: Type.Literal('ack'), id: Type.String(), ...TelemetryOutcome.properties }),
  Type.Object({
    type: Type.Literal('error'),
    message: Type.String(),
    id: Type.Optional(Type.String({ description: 'Of the batch that failed' })),
    code: Type.Optional(Type.String({ description: 'Code of the error catalogue' })),
    retry_after_seconds: Type.Optional(Type.Number({ description: 'When sending it again makes sense' })),
  }),
  Type.Object({ type: Type.Literal('pong') }),
])
export type TelemetryAnswer = Static<typeof TelemetryAnswer>
