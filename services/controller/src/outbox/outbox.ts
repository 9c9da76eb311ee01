import type { Micros, Watermark } from '@webmacs/contracts'
import type { FrameValues } from '../frames/frame-values.ts'

/** A frame before it has its place in the order. */
export interface SampledFrame extends FrameValues {
  readonly time: Micros
}

/** `live`: readings of the last seconds, which somebody may be looking at. `backlog`: older ones that are caught up on. */
export type Lane = 'live' | 'backlog'

/** One message to publish: frames in order of their sequence numbers. */
export interface OutboxMessage {
  readonly lane: Lane
  /** A frame, or an array of frames, as JSON. */
  readonly payload: string
  readonly frames: number
}

export interface OutboxLevel {
  readonly frames: number
  readonly bytes: number
  /** Frames that no broker has. */
  readonly unsent: number
  /** Time of the oldest frame; undefined when empty. */
  readonly oldest: Micros | undefined
}

/** What the stream holds, as far as it decides whether frames were lost in it. */
export interface StreamState {
  /** The stream is not the one that was published to: it was made anew, with nothing in it. */
  readonly replaced: boolean
  readonly firstSeq: number
  readonly lastSeq: number
}

/**
 * Keeps every frame until the historian has dealt with it. All calls are synchronous and never fail for want of a broker: sampling must
 * not wait for anyone.
 *
 * A frame is *unsent* at first, *in flight* from `take` on, and *sent* once the broker has acknowledged it (`confirm`). `giveBack` and
 * `requeueLost` make it unsent again, `commit` removes it. When the outbox is full, the oldest frames go first.
 */
export interface Outbox {
  /** Gives the frame the next sequence number of the epoch and keeps it. */
  append(frame: SampledFrame): void
  /** Sequence numbers start anew under another epoch: for when times run backwards. */
  startEpoch(epoch: string): void
  /** The next message to publish, live frames first; undefined when nothing is unsent. */
  take(now: Micros): OutboxMessage | undefined
  /** The broker has it, under this sequence number of its stream. */
  confirm(message: OutboxMessage, streamSeq: number): void
  /** It could not be published. */
  giveBack(message: OutboxMessage): void
  /** The historian has dealt with these. */
  commit(watermark: Watermark): void
  /** A moment to give to `requeueLost`: what is confirmed later cannot be judged by a state of the stream that was asked for before. */
  confirmations(): number
  /** Frames that the stream has no more, and the historian has not dealt with, become unsent. @returns how many */
  requeueLost(stream: StreamState, confirmedBefore: number): number
  /** Epochs that have frames here, oldest first. */
  epochs(): readonly string[]
  level(): OutboxLevel
}
