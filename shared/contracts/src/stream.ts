import { type Static, Type } from 'typebox'
import { EventId, ExperimentId } from './ids.ts'
import { QualityWords } from './quality.ts'
import { Timestamp } from './time.ts'

export const STREAM_PATH = '/ws/datapoints/stream'

/** Close codes of the sockets: 1008 refused (reason says why), 1003 not JSON text, 1009 too large, 1013 the reader is too slow, 1001 going away. */
export const CLOSE = { goingAway: 1001, unsupported: 1003, policy: 1008, tooLarge: 1009, tooSlow: 1013 } as const

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
