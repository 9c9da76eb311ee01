import { formatTime, type Micros, type Watermark } from '@webmacs/contracts'
import { OrdinalQueue } from './ordinal-queue.ts'
import type { Lane, Outbox, OutboxLevel, OutboxMessage, SampledFrame, StreamState } from './outbox.ts'

export interface OutboxBounds {
  readonly maxBytes: number
  readonly maxFrames: number
}

export interface MemoryOutboxOptions {
  readonly source: string
  readonly epoch: string
  readonly bounds: OutboxBounds
  /** Older frames are backlog, microseconds. */
  readonly liveAge: Micros
  /** Called with each frame that had to go. @param sent the stream has it, so that it is lost only if the stream loses it too */
  readonly onDropped: (frame: DroppedFrame) => void
}

export interface DroppedFrame {
  readonly epoch: string
  readonly seq: number
  readonly time: Micros
  readonly sent: boolean
}

interface Entry {
  readonly epoch: string
  readonly seq: number
  readonly time: Micros
  readonly json: string
  state: 'unsent' | 'in-flight' | 'sent'
  streamSeq: number
  confirmation: number
}

interface TakenMessage extends OutboxMessage {
  readonly ordinals: readonly number[]
}

/** Bookkeeping of an entry in memory, beside its text. */
const ENTRY_BYTES = 200
/** Catching up packs frames together; small enough that one lost message is quickly sent again. */
const MAX_FRAMES_PER_MESSAGE = 100
const MAX_MESSAGE_CHARACTERS = 256 * 1024

/** An outbox that lives as long as its process. Entries are numbered in order of their arrival across epochs (ordinals). */
export class MemoryOutbox implements Outbox {
  readonly #options: MemoryOutboxOptions
  readonly #entries = new Map<number, Entry>()
  readonly #unsent: Readonly<Record<Lane, OrdinalQueue>> = { live: new OrdinalQueue(), backlog: new OrdinalQueue() }
  /** Where each epoch began, oldest first; the last one is in force. */
  #epochs: { readonly epoch: string; readonly start: number }[]
  #oldest = 0
  #next = 0
  #bytes = 0
  #unsentCount = 0
  #confirmations = 0

  constructor(options: MemoryOutboxOptions) {
    this.#options = options
    this.#epochs = [{ epoch: options.epoch, start: 0 }]
  }

  append({ time, values, quality }: SampledFrame): void {
    const { epoch, start } = this.#epochInForce()
    const seq = this.#next - start + 1
    const frame = { source: this.#options.source, epoch, seq, time: formatTime(time), values }
    const json = JSON.stringify(quality === undefined ? frame : { ...frame, quality })
    this.#entries.set(this.#next, { epoch, seq, time, json, state: 'unsent', streamSeq: 0, confirmation: 0 })
    this.#unsent.live.push(this.#next)
    this.#next += 1
    this.#bytes += bytesOf(json)
    this.#unsentCount += 1
    this.#makeRoom()
  }

  startEpoch(epoch: string): void {
    this.#epochs.push({ epoch, start: this.#next })
    this.#forgetEmptyEpochs()
  }

  take(now: Micros): OutboxMessage | undefined {
    this.#sortOutBacklog(now)
    return this.#pack('live') ?? this.#pack('backlog')
  }

  confirm(message: OutboxMessage, streamSeq: number): void {
    this.#confirmations += 1
    for (const entry of this.#takenEntries(message)) {
      if (entry.state !== 'in-flight') continue
      entry.state = 'sent'
      entry.streamSeq = streamSeq
      entry.confirmation = this.#confirmations
      this.#unsentCount -= 1
    }
  }

  giveBack(message: OutboxMessage): void {
    for (const ordinal of (message as TakenMessage).ordinals) {
      if (this.#entries.get(ordinal)?.state === 'in-flight') this.#requeue(ordinal, message.lane)
    }
  }

  commit({ epoch, watermark, ranges }: Watermark): void {
    const index = this.#epochs.findIndex((known) => known.epoch === epoch)
    const known = this.#epochs[index]
    if (known === undefined) return
    const nextEpoch = this.#epochs[index + 1]?.start ?? this.#next
    const ascending = [{ first: 1, last: watermark }, ...ranges].sort((a, b) => a.first - b.first)
    const end = Math.min(nextEpoch, known.start + Math.max(...ascending.map(({ last }) => last)))
    // Over the entries that are left, not over the ranges: behind one that is held, ranges span all that ever came after it.
    let position = 0
    for (const ordinal of this.#entries.keys()) {
      if (ordinal >= end) break
      const seq = ordinal - known.start + 1
      while ((ascending[position]?.last ?? seq) < seq) position += 1
      if (seq >= (ascending[position]?.first ?? Number.POSITIVE_INFINITY)) this.#remove(ordinal)
    }
    this.#advanceOldest()
  }

  confirmations(): number {
    return this.#confirmations
  }

  requeueLost({ replaced, firstSeq, lastSeq }: StreamState, confirmedBefore: number): number {
    let lost = 0
    for (const [ordinal, entry] of this.#entries) {
      if (entry.state !== 'sent' || entry.confirmation > confirmedBefore) continue
      if (!replaced && entry.streamSeq >= firstSeq && entry.streamSeq <= lastSeq) continue
      this.#requeue(ordinal, 'backlog')
      lost += 1
    }
    return lost
  }

  epochs(): readonly string[] {
    return this.#epochs.map(({ epoch }) => epoch)
  }

  level(): OutboxLevel {
    return {
      frames: this.#entries.size,
      bytes: this.#bytes,
      unsent: this.#unsentCount,
      oldest: this.#entries.get(this.#oldest)?.time,
    }
  }

  #epochInForce(): { readonly epoch: string; readonly start: number } {
    const epoch = this.#epochs.at(-1)
    if (epoch === undefined) throw new Error('an outbox always has an epoch')
    return epoch
  }

  /** Live frames that nobody took in time are backlog. */
  #sortOutBacklog(now: Micros): void {
    const { live, backlog } = this.#unsent
    for (let ordinal = live.peek(); ordinal !== undefined; ordinal = live.peek()) {
      const entry = this.#entries.get(ordinal)
      if (entry?.state === 'unsent' && now - entry.time <= this.#options.liveAge) return
      live.shift()
      if (entry?.state === 'unsent') backlog.push(ordinal)
    }
  }

  #pack(lane: Lane): TakenMessage | undefined {
    const queue = this.#unsent[lane]
    const ordinals: number[] = []
    const frames: string[] = []
    let characters = 0
    for (let ordinal = queue.peek(); ordinal !== undefined; ordinal = queue.peek()) {
      const entry = this.#entries.get(ordinal)
      if (entry?.state === 'unsent') {
        if (frames.length === MAX_FRAMES_PER_MESSAGE) break
        if (frames.length > 0 && characters + entry.json.length > MAX_MESSAGE_CHARACTERS) break
        entry.state = 'in-flight'
        ordinals.push(ordinal)
        frames.push(entry.json)
        characters += entry.json.length
      }
      queue.shift()
    }
    const [only] = frames
    if (only === undefined) return undefined
    return { lane, payload: frames.length === 1 ? only : `[${frames.join(',')}]`, frames: frames.length, ordinals }
  }

  /** Only messages that this outbox gave out come back. */
  #takenEntries(message: OutboxMessage): Entry[] {
    return (message as TakenMessage).ordinals.flatMap((ordinal) => this.#entries.get(ordinal) ?? [])
  }

  #requeue(ordinal: number, lane: Lane): void {
    const entry = this.#entries.get(ordinal)
    if (entry === undefined) return
    if (entry.state === 'sent') this.#unsentCount += 1
    entry.state = 'unsent'
    this.#unsent[lane].push(ordinal)
  }

  #makeRoom(): void {
    const { maxBytes, maxFrames } = this.#options.bounds
    while (this.#entries.size > 1 && (this.#bytes > maxBytes || this.#entries.size > maxFrames)) {
      const entry = this.#entries.get(this.#oldest)
      if (entry !== undefined) {
        const { epoch, seq, time, state } = entry
        this.#options.onDropped({ epoch, seq, time, sent: state === 'sent' })
      }
      this.#remove(this.#oldest)
      this.#advanceOldest()
    }
  }

  #remove(ordinal: number): void {
    const entry = this.#entries.get(ordinal)
    if (entry === undefined) return
    this.#entries.delete(ordinal)
    this.#bytes -= bytesOf(entry.json)
    if (entry.state !== 'sent') this.#unsentCount -= 1
  }

  #advanceOldest(): void {
    while (this.#oldest < this.#next && !this.#entries.has(this.#oldest)) this.#oldest += 1
    this.#forgetEmptyEpochs()
  }

  #forgetEmptyEpochs(): void {
    while (this.#epochs.length > 1 && (this.#epochs[1]?.start ?? 0) <= this.#oldest) this.#epochs.shift()
  }
}

/** Frames are ASCII: ids, numbers and quality words. */
const bytesOf = (json: string): number => json.length + ENTRY_BYTES
