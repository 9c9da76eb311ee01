import type { JsMsg } from '@nats-io/jetstream'
import { type DeadReason, type Micros, nowMicros, type QualityBits } from '@webmacs/contracts'

/** One source in one epoch: what sequence numbers belong to. */
export interface SourceEpoch {
  readonly source: string
  readonly epoch: string
}

/** A reading of an event that the cache does not know. */
export interface UnknownReading {
  readonly frame: number
  readonly event: string
  readonly value: number | null
  readonly quality: QualityBits
}

/** What cannot be stored and why; becomes a dead letter before the batch is committed. */
export interface DeadCandidate {
  /** Position of the frame in the batch; undefined where its number could not be read. */
  readonly frame: number | undefined
  /** Which of its message's frames it is, from 0; undefined where the message as a whole is the trouble. */
  readonly index: number | undefined
  readonly reason: DeadReason
  readonly detail: string
  readonly message: JsMsg
  readonly receivedAt: Micros
  /** The frame with just the values concerned, or undefined when the message is no frame. */
  readonly content?: unknown
}

const FIRST_CAPACITY = 256

/**
 * Readings on their way into one transaction, column by column: objects for 10⁵ rows a second would keep the garbage collector busy.
 * A row knows its frame, a frame its source, number and message.
 */
export class Batch {
  readonly messages: JsMsg[] = []
  readonly unknown: UnknownReading[] = []
  readonly dead: DeadCandidate[] = []
  readonly frameSources: SourceEpoch[] = []
  readonly frameSeqs: number[] = []
  readonly frameTimes: Micros[] = []
  readonly frameMessages: JsMsg[] = []
  /** Which of its message's frames each is, from 0. */
  readonly frameIndexes: number[] = []
  /** Unknown events were looked up and dead letters are published: not to be done again when the commit is tried again. */
  isSettled = false
  rows = 0
  bytes = 0
  rowFrames = new Int32Array(FIRST_CAPACITY)
  rowEvents = new Int32Array(FIRST_CAPACITY)
  /** NaN stands for null. */
  rowValues = new Float64Array(FIRST_CAPACITY)
  rowQualities = new Int16Array(FIRST_CAPACITY)

  get isEmpty(): boolean {
    return this.messages.length === 0
  }

  addMessage(message: JsMsg): void {
    this.messages.push(message)
    this.bytes += message.data.length
  }

  /** @returns the frame's position, for its rows */
  addFrame(source: SourceEpoch, seq: number, time: Micros, message: JsMsg, index: number): number {
    this.frameSources.push(source)
    this.frameSeqs.push(seq)
    this.frameTimes.push(time)
    this.frameMessages.push(message)
    this.frameIndexes.push(index)
    return this.frameSeqs.length - 1
  }

  addRow(frame: number, event: number, value: number | null, quality: QualityBits): void {
    if (this.rows === this.rowFrames.length) this.#grow()
    const row = this.rows++
    this.rowFrames[row] = frame
    this.rowEvents[row] = event
    this.rowValues[row] = value ?? Number.NaN
    this.rowQualities[row] = quality
  }

  /** Stores nothing of the batch's only message but its frames' numbers, as dealt with, and a dead letter. */
  giveUp(detail: string): void {
    const [message] = this.messages
    if (message === undefined || this.messages.length > 1) throw new RangeError('only a single message can be given up')
    this.rows = 0
    this.unknown.length = 0
    this.dead.length = 0
    this.dead.push({
      frame: undefined,
      index: undefined,
      reason: 'unstorable',
      detail,
      message,
      receivedAt: nowMicros(),
    })
    this.isSettled = false
  }

  #grow(): void {
    const capacity = this.rows * 2
    this.rowFrames = enlarged(this.rowFrames, new Int32Array(capacity))
    this.rowEvents = enlarged(this.rowEvents, new Int32Array(capacity))
    this.rowValues = enlarged(this.rowValues, new Float64Array(capacity))
    this.rowQualities = enlarged(this.rowQualities, new Int16Array(capacity))
  }
}

function enlarged<T extends Int32Array | Float64Array | Int16Array>(old: T, fresh: T): T {
  fresh.set(old)
  return fresh
}
