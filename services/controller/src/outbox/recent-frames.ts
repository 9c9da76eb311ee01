import type { Micros } from '@webmacs/contracts'
import type { NumberedFrame } from './frame-store.ts'

export interface RecentFramesOptions {
  /** Older ones are let go, microseconds. */
  readonly maxAge: Micros
  /** The oldest go first. */
  readonly maxBytes: number
}

/** The frames of the last seconds, in memory: live ones are sent without reading the disk. */
export class RecentFrames {
  readonly #options: RecentFramesOptions
  readonly #frames = new Map<number, NumberedFrame>()
  #bytes = 0

  constructor(options: RecentFramesOptions) {
    this.#options = options
  }

  add(frame: NumberedFrame): void {
    this.#frames.set(frame.ordinal, frame)
    this.#bytes += frame.body.length
    for (const oldest of this.#frames.values()) {
      if (this.#bytes <= this.#options.maxBytes) break
      this.#remove(oldest)
    }
  }

  get(ordinal: number): NumberedFrame | undefined {
    return this.#frames.get(ordinal)
  }

  /** Lets go what is too old. @returns the oldest ordinal that is left; undefined when nothing is */
  evict(now: Micros): number | undefined {
    for (const frame of this.#frames.values()) {
      if (now - frame.time <= this.#options.maxAge) return frame.ordinal
      this.#remove(frame)
    }
    return undefined
  }

  #remove({ ordinal, body }: NumberedFrame): void {
    this.#frames.delete(ordinal)
    this.#bytes -= body.length
  }
}
