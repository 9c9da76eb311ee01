import { type Static, Type } from 'typebox'
import type { EventId } from '../ids.ts'
import { type QualityWord, QualityWords } from '../quality.ts'
import { Timestamp } from '../time.ts'
import { SUBJECT_TOKEN } from './subjects.ts'

/** The largest message of readings: with its reason around it, it still fits the broker's limit of 1 MB as a dead letter. */
export const MAX_FRAME_MESSAGE_BYTES = 512 * 1024

/** One instant of one source: what its channels read at `time`. */
export const Frame = Type.Object(
  {
    source: Type.String({ pattern: SUBJECT_TOKEN, description: 'Controller id, or api-<number of the instance>' }),
    epoch: Type.String({ pattern: SUBJECT_TOKEN, description: 'One start of the source: seq begins anew with each' }),
    seq: Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Rises by one per source and epoch, from 1',
    }),
    time: Timestamp,
    values: Type.Unsafe<Record<EventId, number | null>>(
      Type.Record(Type.String(), Type.Union([Type.Number(), Type.Null()]), {
        description: "Event id → value in the event's unit; null only where the quality is bad",
      }),
    ),
    quality: Type.Optional(
      Type.Unsafe<Record<EventId, QualityWord[]>>(
        Type.Record(Type.String(), QualityWords, { description: 'Left out where good' }),
      ),
    ),
  },
  { description: 'What one source read at one instant' },
)
export type Frame = Static<typeof Frame>

/** A message carries one frame, or several of one source in order of their `seq`. */
export const FrameMessage = Type.Union([Frame, Type.Array(Frame, { minItems: 1 })])
export type FrameMessage = Static<typeof FrameMessage>

/** Sequence numbers from `first` to `last`, both included. */
export const SequenceRange = Type.Object({ first: Type.Integer({ minimum: 1 }), last: Type.Integer({ minimum: 1 }) })
export type SequenceRange = Static<typeof SequenceRange>

/** What the historian has dealt with of one source: `watermark` is the last `seq` before the first gap (0: none yet). */
export const Watermark = Type.Object({
  source: Type.String({ pattern: SUBJECT_TOKEN }),
  epoch: Type.String({ pattern: SUBJECT_TOKEN }),
  watermark: Type.Integer({ minimum: 0 }),
  ranges: Type.Array(SequenceRange, {
    maxItems: 100,
    description: 'The newest committed ranges, ascending; beyond a gap they are more than the watermark tells',
  }),
})
export type Watermark = Static<typeof Watermark>

/** Request on `historian.watermark`; answered by `WatermarkReply`. */
export const WatermarkRequest = Type.Object({
  source: Type.String({ pattern: SUBJECT_TOKEN }),
  epoch: Type.String({ pattern: SUBJECT_TOKEN }),
})
export type WatermarkRequest = Static<typeof WatermarkRequest>

/** Why a message or a value could not be stored. */
export const DEAD_REASONS = [
  'malformed',
  'oversized',
  'unknown_event',
  'invalid_value',
  'impossible_time',
  'unstorable',
] as const
export type DeadReason = (typeof DEAD_REASONS)[number]

/** What is published on `dead.readings`: the reason, and as much of the original as is needed to mend and send it again. */
export const DeadReadings = Type.Object({
  reason: Type.Unsafe<DeadReason>(Type.Enum([...DEAD_REASONS])),
  detail: Type.String({ description: 'Which field or event, and the rule it broke' }),
  received_on: Timestamp,
  subject: Type.String(),
  stream_seq: Type.Integer({ minimum: 0 }),
  frame: Type.Optional(Type.Unknown({ description: 'The frame with just the values concerned' })),
  raw: Type.Optional(Type.String({ description: 'The message as text, when it is no frame' })),
})
export type DeadReadings = Static<typeof DeadReadings>
