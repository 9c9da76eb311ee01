import { type Bus, parseJson } from '@webmacs/bus'
import { type EventId, encodeQuality, Frame, isBad, MAX_FRAME_MESSAGE_BYTES, parseTime } from '@webmacs/contracts'
import { createValidator } from '@webmacs/contracts/validation'
import type { Logger } from '@webmacs/service-kit'
import type { SampleMessage } from '../plugin-host/messages.ts'
import type { HeardValue } from './valve-cycle.ts'

export interface ButtonEarOptions {
  readonly bus: Bus
  readonly controller: string
  readonly log: Pick<Logger, 'error'>
  /** Events that matter now. */
  readonly events: () => readonly EventId[]
  readonly hear: (value: HeardValue) => void
}

/** Hears the button and the times: on the bus what others say, directly what this controller's own devices read, which needs no broker. */
export class ButtonEar {
  readonly #options: ButtonEarOptions
  readonly #validate = createValidator(Frame, 'frame')
  #unsubscribe: () => void = () => undefined

  constructor(options: ButtonEarOptions) {
    this.#options = options
  }

  start(): void {
    const { bus, controller, log } = this.#options
    const { allReadings, readings } = bus.names.subjects
    const own = readings(controller)
    const subscription = bus.nc.subscribe(allReadings, {
      callback: (err, message) => {
        if (err) log.error({ event: 'valve-cycle.subscription-failed', err }, 'readings cannot be followed')
        else if (message.subject !== own) this.#takeMessage(message.data)
      },
    })
    this.#unsubscribe = () => subscription.unsubscribe()
  }

  stop(): void {
    this.#unsubscribe()
  }

  /** @param channels channel → event */
  takeSample({ instants }: SampleMessage, channels: ReadonlyMap<string, EventId>): void {
    const { events, controller, hear } = this.#options
    const wanted = events()
    if (wanted.length === 0) return
    for (const { time, readings } of instants) {
      for (const { channel, value, quality } of readings) {
        const event = channels.get(channel)
        if (event === undefined || value === null || !wanted.includes(event) || quality.includes('bad')) continue
        hear({ source: controller, event, value, time })
      }
    }
  }

  /** All readings of the system come by here: only a message that names one of the events is looked into. */
  #takeMessage(data: Uint8Array): void {
    const wanted = this.#options.events()
    if (wanted.length === 0 || data.byteLength > MAX_FRAME_MESSAGE_BYTES) return
    const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    if (!wanted.some((event) => text.includes(event))) return
    for (const candidate of [parseJson(data)].flat()) {
      const frame = this.#validate(candidate)
      if (frame.ok) this.#takeFrame(frame.value, wanted)
    }
  }

  #takeFrame({ source, time: text, values, quality }: Frame, wanted: readonly EventId[]): void {
    const time = parseTime(text)
    if (time === undefined) return
    for (const event of wanted) {
      const value = values[event]
      if (value === undefined || value === null || isBad(encodeQuality(quality?.[event] ?? []))) continue
      this.#options.hear({ source, event, value, time })
    }
  }
}
