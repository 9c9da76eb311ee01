import { type EventId, type InstanceId, type Micros, nowMicros } from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import type { InstanceWatch } from '../gaps/instance-watch.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { SampleMessage } from '../plugin-host/messages.ts'
import { newEpoch } from './epoch.ts'
import { toFrameValues } from './frame-values.ts'

export interface FrameIntakeOptions {
  readonly outbox: Outbox
  readonly watch: Pick<InstanceWatch, 'see' | 'ended'>
  readonly log: Pick<Logger, 'warn'>
  /** The outbox has something new. */
  readonly onFrames: (readings: number) => void
}

type Instant = SampleMessage['instants'][number]

/** In the place of an instance's id; none has this form. */
const OWN = 'controller'

const STALE = ['bad', 'stale'] as const

/** Takes what instances sampled into the outbox. */
export class FrameIntake {
  readonly #options: FrameIntakeOptions
  /** Instance → channel → time of its last reading, in the present epoch. */
  readonly #lastTimes = new Map<string, Map<string, Micros>>()

  constructor(options: FrameIntakeOptions) {
    this.#options = options
  }

  /** @param events channel → event; channels without one are not published */
  take(instance: string, { instants }: SampleMessage, events: ReadonlyMap<string, EventId>): void {
    for (const instant of instants) this.#takeInstant(instance, instant, events)
  }

  #takeInstant(instance: string, { time, readings }: Instant, events: ReadonlyMap<string, EventId>): void {
    const frames = toFrameValues(readings, events)
    if (frames.length === 0) return
    this.#keepOrder(instance, time, readings)
    const { outbox, watch, onFrames } = this.#options
    const seen: EventId[] = []
    let isGood = false
    for (const frame of frames) {
      outbox.append({ ...frame, instance, time })
      for (const [event, value] of Object.entries(frame.values)) {
        seen.push(event as EventId) // the keys of a frame's values
        isGood ||= value !== null
      }
    }
    watch.see({ instance: instance as InstanceId, time, events: seen, isGood }) // its id, as it was wanted
    onFrames(seen.length)
  }

  /** Says that the last values of an instance need not be true any more, because nobody reads them. */
  takeEnd(instance: string, events: ReadonlyMap<string, EventId>): void {
    const time = Math.max(nowMicros(), ...[...(this.#lastTimes.get(instance)?.values() ?? [])].map((last) => last + 1))
    const readings = [...events.keys()].map((channel) => ({ channel, value: null, quality: [...STALE] }))
    this.#options.watch.ended(instance as InstanceId) // its id, as it was wanted
    this.take(instance, { type: 'sample', instants: [{ time, readings }] }, events)
  }

  /** A reading that the controller makes itself: no device gives it, so none is missing where it stays away. */
  takeOwn(event: EventId, value: number, time: Micros): void {
    this.#keepOrder(OWN, time, [{ channel: event, value, quality: [] }])
    this.#options.outbox.append({ values: { [event]: value }, instance: OWN, time })
    this.#options.onFrames(1)
  }

  /**
   * Within an epoch the times of a channel never run backwards; when the date was set back, a new one begins. Different channels of an
   * instance may overtake one another: a slow read ends after a fast one that began later.
   */
  #keepOrder(instance: string, time: Micros, readings: Instant['readings']): void {
    const last = Math.max(...readings.map(({ channel }) => this.#lastTimes.get(instance)?.get(channel) ?? 0))
    if (time < last) {
      const epoch = newEpoch()
      this.#options.log.warn(
        { event: 'frames.epoch-started', epoch, backMs: (last - time) / 1000 },
        'the date was set back',
      )
      this.#options.outbox.startEpoch(epoch)
      this.#lastTimes.clear()
    }
    const times = this.#lastTimes.get(instance) ?? new Map<string, Micros>()
    this.#lastTimes.set(instance, times)
    for (const { channel } of readings) times.set(channel, time)
  }
}
