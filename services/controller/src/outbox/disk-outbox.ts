import { formatTime, type Micros, nowMicros, type Watermark } from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import { GapBook } from '../gaps/gap-book.ts'
import { FrameShelf } from './frame-shelf.ts'
import { FrameStates } from './frame-states.ts'
import type { NumberedFrame } from './frame-store.ts'
import type { DroppedFrames, Lane, Outbox, OutboxLevel, OutboxMessage, SampledFrame, StreamState } from './outbox.ts'
import type { Range } from './range-set.ts'
import { RecentFrames } from './recent-frames.ts'

export interface OutboxBounds {
  /** On disk. */
  readonly maxBytes: number
  /** Older frames go, microseconds. */
  readonly maxAge: Micros
  /** In memory, while the disk takes nothing. */
  readonly maxUnwrittenBytes: number
}

export interface DiskOutboxOptions {
  readonly path: string
  readonly source: string
  /** Must never have been in use: numbers start with it, whatever was sent from an older state of the file. */
  readonly epoch: string
  readonly bounds: OutboxBounds
  /** Older frames are backlog, microseconds. */
  readonly liveAge: Micros
  readonly log: Pick<Logger, 'error' | 'info'>
  readonly onDropped: (frames: DroppedFrames) => void
}

interface TakenMessage extends OutboxMessage {
  readonly ranges: readonly Range[]
}

/** Catching up packs frames together; small enough that one lost message is quickly sent again. */
const MAX_FRAMES_PER_MESSAGE = 100
const MAX_MESSAGE_CHARACTERS = 256 * 1024
/** Of live frames, in memory. */
const MAX_RECENT_BYTES = 8 * 1024 * 1024
/** A full outbox lets so many go at once. */
const DROPPED_AT_ONCE = 64

/**
 * An outbox in a file of SQLite. Every frame is in the file, or in memory while the disk takes none, until it is dealt with; of those in
 * the file nothing but ranges is in memory. Sequence numbers start anew with each start: what a file does not know that it sent (the
 * power failed before the disk had it, or somebody put back an older copy) can then never be taken for something else.
 */
export class DiskOutbox implements Outbox {
  readonly gaps: GapBook
  readonly #options: DiskOutboxOptions
  readonly #shelf: FrameShelf
  readonly #states: FrameStates
  readonly #recent: RecentFrames
  #oldest: { readonly ordinal: number; readonly time: Micros } | undefined
  #uncheckedBytes = Number.POSITIVE_INFINITY
  #usedBytes = 0

  constructor(options: DiskOutboxOptions) {
    this.#options = options
    const { path, log, liveAge } = options
    this.#recent = new RecentFrames({ maxAge: liveAge, maxBytes: MAX_RECENT_BYTES })
    this.#shelf = new FrameShelf({ path, log, onBroken: (since) => this.#loseFile(since) })
    this.#states = new FrameStates(this.#shelf.stored.ranges, this.#shelf.epochs(), this.#shelf.next)
    this.gaps = new GapBook(this.#shelf.db)
    this.#shelf.attempt(() => this.gaps.load())
    this.startEpoch(options.epoch)
    if (this.#shelf.brokenSince !== undefined) this.#tellLost(this.#shelf.brokenSince, null)
  }

  /** Where the frames lie, for what keeps them safe. */
  get shelf(): FrameShelf {
    return this.#shelf
  }

  append({ instance, time, values, quality }: SampledFrame): void {
    const { ordinal, epoch, seq } = this.#states.append()
    const frame = { source: this.#options.source, epoch, seq, time: formatTime(time), values }
    const body = JSON.stringify(quality === undefined ? frame : { ...frame, quality })
    const numbered = { ordinal, time, readings: Object.keys(values).length, instance, body }
    this.#recent.add(numbered)
    this.#shelf.put(numbered)
    this.#uncheckedBytes += body.length
    this.#makeRoom()
  }

  startEpoch(epoch: string): void {
    this.#states.startEpoch(epoch)
    this.#shelf.keepEpochs(this.#states.epochs())
  }

  take(now: Micros, wanted = { backlog: true }): OutboxMessage | undefined {
    this.#states.age(this.#recent.evict(now) ?? this.#states.next)
    return this.#pack('live') ?? (wanted.backlog ? this.#pack('backlog') : undefined)
  }

  confirm(message: OutboxMessage, streamSeq: number): void {
    this.#states.confirm(rangesOf(message), streamSeq)
  }

  giveBack(message: OutboxMessage): void {
    this.#states.giveBack(message.lane, rangesOf(message))
  }

  commit(watermark: Watermark): void {
    const forgotten = this.#states.commit(watermark)
    if (forgotten.length > 0) this.#shelf.remove(forgotten)
  }

  confirmations(): number {
    return this.#states.confirmations
  }

  requeueLost(stream: StreamState, confirmedBefore: number): number {
    return this.#states.requeueLost(stream, confirmedBefore)
  }

  epochs(): readonly string[] {
    return this.#states.epochs().map(({ epoch }) => epoch)
  }

  unsent(): number {
    return this.#states.unsentCount
  }

  level(): OutboxLevel {
    const { held } = this.#states
    return {
      frames: held.size,
      bytes: this.#bytes(),
      maxBytes: this.#options.bounds.maxBytes,
      unsent: this.#states.unsentCount,
      unwritten: this.#shelf.unwritten.size,
      oldest: this.#timeOfOldest(),
    }
  }

  /** Once in a while: what is too old goes, what could not be written is tried again. */
  tend(now: Micros = nowMicros()): void {
    this.#shelf.retry()
    this.#recent.evict(now)
    const tooOld = now - this.#options.bounds.maxAge
    // What is over at once may be a lot after a long time without power: the rest goes next time.
    for (let turn = 0; turn < 20 && (this.#timeOfOldest() ?? now) < tooOld; turn++) {
      if (!this.#dropOldest((frame) => frame.time < tooOld)) return
    }
    this.#uncheckedBytes = Number.POSITIVE_INFINITY
    this.#makeRoom()
  }

  close(): void {
    this.#shelf.close()
  }

  #bytes(): number {
    return this.#usedBytes + this.#shelf.unwrittenBytes
  }

  #timeOfOldest(): Micros | undefined {
    const ordinal = this.#states.held.first
    if (ordinal === undefined) return undefined
    if (this.#oldest?.ordinal !== ordinal) {
      const time = this.#recent.get(ordinal)?.time ?? this.#shelf.timeOf(ordinal)
      if (time === undefined) return undefined
      this.#oldest = { ordinal, time }
    }
    return this.#oldest.time
  }

  #pack(lane: Lane): TakenMessage | undefined {
    const unsent = this.#states.unsent[lane]
    const frames: string[] = []
    const taken: Range[] = []
    let characters = 0
    let readings = 0
    for (const frame of this.#framesOf(lane, unsent.ranges)) {
      if (frames.length === MAX_FRAMES_PER_MESSAGE) break
      if (frames.length > 0 && characters + frame.body.length > MAX_MESSAGE_CHARACTERS) break
      frames.push(frame.body)
      taken.push({ first: frame.ordinal, last: frame.ordinal })
      characters += frame.body.length
      readings += frame.readings
    }
    const [only] = frames
    if (only === undefined) {
      this.#loseUnfound(lane)
      return undefined
    }
    this.#states.take(lane, taken)
    const payload = frames.length === 1 ? only : `[${frames.join(',')}]`
    return { lane, payload, frames: frames.length, readings, ranges: joined(taken) }
  }

  /** Frames that are nowhere, though the disk works: nobody must wait for them. */
  #loseUnfound(lane: Lane): void {
    const [range] = this.#states.unsent[lane].ranges
    if (range === undefined || this.#shelf.isUnreadable) return
    this.#loseFrames(range, this.#timeOfOldest() ?? nowMicros())
  }

  /** Live ones are in memory. */
  *#framesOf(lane: Lane, ranges: readonly Range[]): Generator<NumberedFrame> {
    for (const range of ranges) {
      if (lane === 'backlog') {
        yield* this.#shelf.read(range)
        continue
      }
      for (let ordinal = range.first; ordinal <= range.last; ordinal++) {
        const frame = this.#recent.get(ordinal)
        if (frame !== undefined) yield frame
      }
    }
  }

  #makeRoom(): void {
    const { maxBytes, maxUnwrittenBytes } = this.#options.bounds
    while (this.#shelf.unwrittenBytes > maxUnwrittenBytes) if (!this.#dropOldestUnwritten()) break
    if (this.#uncheckedBytes < Math.min(CHECKED_BYTES, maxBytes / 64)) return
    this.#uncheckedBytes = 0
    this.#usedBytes = this.#shelf.usedBytes()
    while (this.#usedBytes > maxBytes) {
      if (!this.#shelf.removeDead() && !this.#dropOldest(() => true)) return
      this.#usedBytes = this.#shelf.usedBytes()
    }
  }

  /** Some of the oldest frames that are not on their way. @returns whether any went */
  #dropOldest(which: (frame: NumberedFrame) => boolean): boolean {
    const droppable = this.#states.held.ranges.flatMap((range) =>
      this.#states.inFlight.size === 0
        ? [range]
        : without(range, this.#states.inFlight.within(range.first, range.last)),
    )
    const going: NumberedFrame[] = []
    for (const range of droppable.slice(0, DROPPED_AT_ONCE)) {
      for (const frame of this.#shelf.read(range)) {
        if (going.length === DROPPED_AT_ONCE || !which(frame)) break
        going.push(frame)
      }
      if (going.length === DROPPED_AT_ONCE) break
    }
    return this.#drop(going)
  }

  #dropOldestUnwritten(): boolean {
    return this.#drop([...this.#shelf.unwritten.values()].slice(0, DROPPED_AT_ONCE))
  }

  /** From the file and into the ledger in one. */
  #drop(frames: readonly NumberedFrame[]): boolean {
    const dropped = this.#inRows(frames)
    if (dropped.length === 0) return false
    const ranges = joined(frames.map(({ ordinal }) => ({ first: ordinal, last: ordinal })))
    for (const one of dropped) if (!one.sent) this.gaps.addDropped(one)
    if (!this.#shelf.removeNow(ranges, () => this.gaps.save())) {
      // The disk does not even delete: they are let go all the same, and deleted when it does.
      this.gaps.moveTo(this.#shelf.db)
      this.#shelf.remove(ranges)
    }
    for (const range of ranges) this.#states.forget(range)
    for (const one of dropped) this.#options.onDropped(one)
    return true
  }

  /** Frames of one epoch and state in a row, together. */
  #inRows(frames: readonly NumberedFrame[]): DroppedFrames[] {
    const rows: DroppedFrames[] = []
    for (const { ordinal, time } of frames) {
      const { epoch, seq } = this.#states.placeOf(ordinal)
      const sent = this.#states.sentWithin({ first: ordinal, last: ordinal }).length > 0
      const before = rows.at(-1)
      if (before?.epoch === epoch && before.sent === sent && before.lastSeq + 1 === seq)
        rows[rows.length - 1] = {
          ...before,
          lastSeq: seq,
          from: Math.min(before.from, time),
          to: Math.max(before.to, time),
        }
      else rows.push({ epoch, firstSeq: seq, lastSeq: seq, from: time, to: time, sent })
    }
    return rows
  }

  /** The file broke while it was in use: what is still in memory goes into the new one. */
  #loseFile(since: Micros): void {
    this.gaps.moveTo(this.#shelf.db)
    const { held, inFlight } = this.#states
    for (const range of [...held.ranges]) {
      let first = range.first
      for (let ordinal = range.first; ordinal <= range.last; ordinal++) {
        const frame = this.#recent.get(ordinal)
        if (frame === undefined && !this.#shelf.unwritten.has(ordinal) && !inFlight.has(ordinal)) continue
        this.#loseFrames({ first, last: ordinal - 1 }, since)
        if (frame !== undefined && !this.#shelf.unwritten.has(ordinal)) this.#shelf.put(frame)
        first = ordinal + 1
      }
      this.#loseFrames({ first, last: range.last }, since)
    }
    this.#shelf.keepEpochs(this.#states.epochs())
  }

  #loseFrames(range: Range, since: Micros): void {
    if (range.first > range.last) return
    const { live, backlog } = this.#states.unsent
    for (const unsent of [...live.within(range.first, range.last), ...backlog.within(range.first, range.last)]) {
      for (const { start, epoch } of this.#states.epochs()) {
        const end = this.#states.epochs().find((one) => one.start > start)?.start ?? this.#states.next
        const [first, last] = [Math.max(unsent.first, start), Math.min(unsent.last, end - 1)]
        if (first <= last) this.#tellLost(since, { epoch, firstSeq: first - start + 1, lastSeq: last - start + 1 })
      }
    }
    this.#states.forget(range)
  }

  #tellLost(since: Micros, frames: { epoch: string; firstSeq: number; lastSeq: number } | null): void {
    this.gaps.add({ reason: 'unknown', from: since, to: nowMicros(), instance: null, events: [], frames })
    this.#shelf.attempt(() => this.gaps.save())
  }
}

/** The size is looked at after so many bytes, or a 64th of the bound. */
const CHECKED_BYTES = 256 * 1024

/** Only messages that this outbox gave out come back. */
const rangesOf = (message: OutboxMessage): readonly Range[] => (message as TakenMessage).ranges

/** Ascending ranges, those that touch as one. */
function joined(ranges: readonly Range[]): Range[] {
  const all: Range[] = []
  for (const range of ranges) {
    const before = all.at(-1)
    if (before !== undefined && before.last + 1 === range.first)
      all[all.length - 1] = { first: before.first, last: range.last }
    else all.push(range)
  }
  return all
}

/** @param holes ascending, within the range */
function without({ first, last }: Range, holes: readonly Range[]): Range[] {
  const left: Range[] = []
  let next = first
  for (const hole of holes) {
    if (hole.first > next) left.push({ first: next, last: hole.first - 1 })
    next = hole.last + 1
  }
  if (next <= last) left.push({ first: next, last })
  return left
}
