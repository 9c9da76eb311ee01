import type { Bucket } from '@webmacs/bus'
import { type ControllerPulse, controllerKeys, formatTime, nowMicros, PULSE_INTERVAL_MS } from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import { untilSettled } from '../supervision/waiting.ts'

export interface PulseOptions {
  readonly bucket: Pick<Bucket<ControllerPulse>, 'put' | 'delete'>
  readonly controller: string
  readonly log: Pick<Logger, 'warn'>
}

const STOP_DEADLINE_MS = 1000

/** Says again and again that this controller is alive, so that what it reported counts; and that it stopped, when it did so in order. */
export class Pulse {
  readonly #options: PulseOptions
  #timer: NodeJS.Timeout | undefined
  #beating: Promise<void> | undefined

  constructor(options: PulseOptions) {
    this.#options = options
  }

  start(): void {
    this.#timer = setInterval(() => this.#beat(), PULSE_INTERVAL_MS)
    this.#beat()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await untilSettled(this.#end(), AbortSignal.timeout(STOP_DEADLINE_MS))
  }

  /** A beat that could not be written is made up for by the next one. */
  #beat(): void {
    const { bucket, controller } = this.#options
    this.#beating ??= this.#try(
      bucket.put(controllerKeys.alive(controller), { controller, seen_on: formatTime(nowMicros()) }),
    ).finally(() => {
      this.#beating = undefined
    })
  }

  async #end(): Promise<void> {
    const { bucket, controller } = this.#options
    await this.#beating
    await this.#try(bucket.delete(controllerKeys.alive(controller)))
  }

  async #try(writing: Promise<void>): Promise<void> {
    try {
      await writing
    } catch (err) {
      this.#options.log.warn({ event: 'pulse.not-written', err }, 'sign of life could not be written')
    }
  }
}
