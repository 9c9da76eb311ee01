import type { Micros, Watermark } from '@webmacs/contracts'
import type { FrameValues } from '../frames/frame-values.ts'

/** A frame before it has its place in the order. */
export interface SampledFrame extends FrameValues {
  /** Plugin instance that it is from. */
  readonly instance: string
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
  /** Values in all of them. */
  readonly readings: number
}

export interface OutboxLevel {
  readonly frames: number
  /** What they take, on disk and in memory. */
  readonly bytes: number
  /** Above it, the oldest frames go. */
  readonly maxBytes: number
  /** Frames that no broker has. */
  readonly unsent: number
  /** Frames that could not be written to the disk, in memory only. */
  readonly unwritten: number
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

/** Frames in a row that the outbox let go. */
export interface DroppedFrames {
  readonly epoch: string
  readonly firstSeq: number
  readonly lastSeq: number
  readonly from: Micros
  readonly to: Micros
  /** The stream has them, so that they are lost only if the stream loses them too. */
  readonly sent: boolean
}

/**
 * Keeps every frame until the historian has dealt with it. All calls are synchronous and never fail for want of a broker or a disk:
 * sampling must not wait for anyone.
 *
 * A frame is *unsent* at first, *in flight* from `take` on, and *sent* once the broker has acknowledged it (`confirm`). `giveBack` and
 * `requeueLost` make it unsent again, `commit` removes it. When the outbox is full, the oldest frames go first.
 */
export interface Outbox {
  /** Gives the frame the next sequence number of the epoch and keeps it. */
  append(frame: SampledFrame): void
  /** Sequence numbers start anew under another epoch: for when times run backwards. */
  startEpoch(epoch: string): void
  /** The next message to publish, live frames first; undefined when nothing is unsent, or only `backlog` that is not wanted now. */
  take(now: Micros, wanted?: { readonly backlog: boolean }): OutboxMessage | undefined
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
  /** Frames that no broker has; `level` tells more, and takes longer. */
  unsent(): number
  level(): OutboxLevel
}
