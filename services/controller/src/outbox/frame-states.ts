import type { Watermark } from '@webmacs/contracts'
import type { EpochStart } from './frame-store.ts'
import type { Lane, StreamState } from './outbox.ts'
import { countOf, type Range, RangeSet } from './range-set.ts'
import { SentRuns } from './sent-runs.ts'

/** How far each frame is on its way to the historian. Knows ordinals only, by ranges: memory does not grow with the backlog. */
export class FrameStates {
  /** All that the historian has not dealt with. */
  readonly held = new RangeSet()
  readonly unsent: Readonly<Record<Lane, RangeSet>> = { live: new RangeSet(), backlog: new RangeSet() }
  readonly inFlight = new RangeSet()
  readonly #sent = new SentRuns()
  /** Where each epoch began, oldest first; the last one is in force. */
  #epochs: EpochStart[]
  #next: number
  #confirmations = 0

  /** @param held from before, with their epochs: all of it counts as unsent */
  constructor(held: readonly Range[], epochs: readonly EpochStart[], next: number) {
    for (const { first, last } of held) {
      this.held.add(first, last)
      this.unsent.backlog.add(first, last)
    }
    this.#epochs = [...epochs]
    this.#next = next
  }

  get next(): number {
    return this.#next
  }

  get unsentCount(): number {
    return this.unsent.live.size + this.unsent.backlog.size + this.inFlight.size
  }

  get confirmations(): number {
    return this.#confirmations
  }

  epochs(): readonly EpochStart[] {
    return this.#epochs
  }

  startEpoch(epoch: string): void {
    this.#epochs.push({ epoch, start: this.#next })
    this.#forgetEmptyEpochs()
  }

  /** The place of a new frame, which is unsent. */
  append(): { readonly ordinal: number; readonly epoch: string; readonly seq: number } {
    const ordinal = this.#next
    this.#next += 1
    this.held.add(ordinal, ordinal)
    this.unsent.live.add(ordinal, ordinal)
    return { ordinal, ...this.placeOf(ordinal) }
  }

  placeOf(ordinal: number): { readonly epoch: string; readonly seq: number } {
    const { epoch, start } = this.#epochs.findLast((one) => one.start <= ordinal) ?? { epoch: '', start: 0 }
    return { epoch, seq: ordinal - start + 1 }
  }

  /** Live frames below that nobody took in time are backlog. */
  age(liveFrom: number): void {
    if ((this.unsent.live.first ?? liveFrom) >= liveFrom) return
    for (const { first, last } of this.unsent.live.remove(0, liveFrom - 1)) this.unsent.backlog.add(first, last)
  }

  take(lane: Lane, ranges: readonly Range[]): void {
    for (const { first, last } of ranges) {
      this.unsent[lane].remove(first, last)
      this.inFlight.add(first, last)
    }
  }

  confirm(ranges: readonly Range[], streamSeq: number): void {
    this.#confirmations += 1
    for (const { first, last } of ranges) {
      for (const landed of this.inFlight.remove(first, last)) this.#sent.add(landed, streamSeq, this.#confirmations)
    }
  }

  giveBack(lane: Lane, ranges: readonly Range[]): void {
    for (const { first, last } of ranges) {
      for (const back of this.inFlight.remove(first, last)) this.unsent[lane].add(back.first, back.last)
    }
  }

  requeueLost(stream: StreamState, confirmedBefore: number): number {
    let lost = 0
    for (const run of this.#sent.takeLost(stream, confirmedBefore)) {
      for (const range of this.sentWithin(run)) {
        this.unsent.backlog.add(range.first, range.last)
        lost += range.last - range.first + 1
      }
    }
    return lost
  }

  /** Frames between that the stream has. */
  sentWithin({ first, last }: Range): Range[] {
    const sent = new RangeSet(this.held.within(first, last))
    for (const others of [this.unsent.live, this.unsent.backlog, this.inFlight])
      for (const range of others.within(first, last)) sent.remove(range.first, range.last)
    return [...sent.ranges]
  }

  /** @returns what was held and is dealt with now */
  commit({ epoch, watermark, ranges }: Watermark): Range[] {
    const index = this.#epochs.findIndex((known) => known.epoch === epoch)
    const known = this.#epochs[index]
    if (known === undefined) return []
    const end = (this.#epochs[index + 1]?.start ?? this.#next) - 1
    return [{ first: 1, last: watermark }, ...ranges].flatMap(({ first, last }) =>
      this.forget({ first: known.start + first - 1, last: Math.min(end, known.start + last - 1) }),
    )
  }

  /** @returns what was held */
  forget({ first, last }: Range): Range[] {
    const forgotten = first > last ? [] : this.held.remove(first, last)
    if (countOf(forgotten) === 0) return []
    for (const others of [this.unsent.live, this.unsent.backlog, this.inFlight]) others.remove(first, last)
    this.#sent.forgetBelow(this.held.first ?? this.#next)
    this.#forgetEmptyEpochs()
    return forgotten
  }

  #forgetEmptyEpochs(): void {
    const oldest = this.held.first ?? this.#next
    while (this.#epochs.length > 1 && (this.#epochs[1]?.start ?? 0) <= oldest) this.#epochs.shift()
  }
}
