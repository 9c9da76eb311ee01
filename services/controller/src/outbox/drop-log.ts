import { formatTime } from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import type { DroppedFrame } from './memory-outbox.ts'

const INTERVAL_MS = 10_000

/** Says in the log what a full outbox let go: at once, then in sums every ten seconds. */
export class DropLog {
  readonly #log: Logger
  #frames = 0
  #lost = 0
  #first: DroppedFrame | undefined
  #last: DroppedFrame | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(log: Logger) {
    this.#log = log
  }

  note(frame: DroppedFrame): void {
    this.#frames += 1
    if (!frame.sent) this.#lost += 1
    this.#first ??= frame
    this.#last = frame
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
      from: place(this.#first),
      to: place(this.#last),
    }
    this.#log.error(facts, 'outbox is full, the oldest frames went')
    this.#frames = 0
    this.#lost = 0
    this.#first = undefined
    this.#last = undefined
  }
}

const place = ({ epoch, seq, time }: DroppedFrame) => ({ epoch, seq, time: formatTime(time) })
