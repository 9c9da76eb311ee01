import { formatTime, type Micros } from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import type { DroppedFrames } from './outbox.ts'

const INTERVAL_MS = 10_000

interface Place {
  readonly epoch: string
  readonly seq: number
  readonly time: string
}

/** Says in the log what a full outbox let go: at once, then in sums every ten seconds. */
export class DropLog {
  readonly #log: Logger
  #frames = 0
  #lost = 0
  #first: Place | undefined
  #last: Place | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(log: Logger) {
    this.#log = log
  }

  note({ epoch, firstSeq, lastSeq, from, to, sent }: DroppedFrames): void {
    const frames = lastSeq - firstSeq + 1
    this.#frames += frames
    if (!sent) this.#lost += frames
    this.#first ??= placeOf(epoch, firstSeq, from)
    this.#last = placeOf(epoch, lastSeq, to)
    if (this.#timer !== undefined) return
    this.#tell()
    this.#timer = setInterval(() => this.#tell(), INTERVAL_MS)
    this.#timer.unref()
  }

  stop(): void {
    this.#tell()
  }

  #tell(): void {
    if (this.#first === undefined || this.#last === undefined) {
      clearInterval(this.#timer)
      this.#timer = undefined
      return
    }
    const facts = {
      event: 'outbox.dropped',
      frames: this.#frames,
      lost: this.#lost,
      from: this.#first,
      to: this.#last,
    }
    this.#log.error(facts, 'outbox is full, the oldest frames went')
    this.#frames = 0
    this.#lost = 0
    this.#first = undefined
    this.#last = undefined
  }
}

const placeOf = (epoch: string, seq: number, time: Micros): Place => ({ epoch, seq, time: formatTime(time) })
