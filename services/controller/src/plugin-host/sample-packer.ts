import type { Reading } from '@webmacs/plugin-sdk'
import type { SampleMessage } from './messages.ts'
import type { Timers } from './timers.ts'

export interface SamplePackerOptions {
  readonly timers: Timers
  readonly send: (message: SampleMessage) => void
  /** So many readings were thrown away, because the driver gives them faster than they can be taken. */
  readonly overflowed: (readings: number) => void
}

/** Readings of fast channels wait for one another, no longer than this. */
const PACK_MS = 100
/** Others go at once, unless something went just before: a hundred messages a second, whatever the driver does. */
const GAP_MS = 10
const MAX_PENDING_READINGS = 20_000

/** Puts instants into messages. */
export class SamplePacker {
  readonly #options: SamplePackerOptions
  #instants: { time: number; readings: readonly Reading[] }[] = []
  #pendingReadings = 0
  #cancelFlush: (() => void) | undefined
  /** When it will be sent: soon, or with the fast ones. */
  #flushIsSoon = false
  #inGap = false

  constructor(options: SamplePackerOptions) {
    this.#options = options
  }

  /** @param isFast a few more milliseconds do not matter */
  add(time: number, readings: readonly Reading[], { isFast }: { readonly isFast: boolean }): void {
    if (readings.length === 0) return
    if (this.#pendingReadings + readings.length > MAX_PENDING_READINGS && this.#pendingReadings > 0) {
      this.#options.overflowed(readings.length)
      return
    }
    this.#instants.push({ time, readings })
    this.#pendingReadings += readings.length
    if (!isFast && !this.#inGap) this.flush()
    else this.#flushAfter(isFast)
  }

  /** Sends what there is. */
  flush(): void {
    this.#cancelFlush?.()
    this.#cancelFlush = undefined
    if (this.#instants.length === 0) return
    const instants = this.#instants.sort((a, b) => a.time - b.time)
    this.#instants = []
    this.#pendingReadings = 0
    this.#inGap = true
    this.#options.timers.after(GAP_MS, () => {
      this.#inGap = false
    })
    this.#options.send({
      type: 'sample',
      instants: instants.map(({ time, readings }) => ({
        time,
        readings: readings.map(({ channel, value, quality }) => ({ channel, value, quality: [...quality] })),
      })),
    })
  }

  #flushAfter(isFast: boolean): void {
    if (this.#cancelFlush !== undefined && (isFast || this.#flushIsSoon)) return
    this.#cancelFlush?.()
    this.#flushIsSoon = !isFast
    this.#cancelFlush = this.#options.timers.after(isFast ? PACK_MS : GAP_MS, () => this.flush())
  }
}
