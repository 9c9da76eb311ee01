import type { Bus } from '@webmacs/bus'
import { Frame, MAX_FRAME_MESSAGE_BYTES } from '@webmacs/contracts'
import { createValidator } from '@webmacs/contracts/validation'
import type { Logger, Metrics } from '@webmacs/service-kit'
import type { LiveReading, NewestReadings } from './newest-readings.ts'

export interface LiveFeed {
  stop(): Promise<void>
}

/** Follows the live readings of all sources; what is no frame is counted and left to the writer, who keeps it as a dead letter. */
export function followLiveReadings(options: {
  readonly bus: Bus
  readonly newest: NewestReadings
  readonly metrics: Metrics
  readonly log: Logger
  readonly onReadings: (readings: readonly LiveReading[]) => void
}): LiveFeed {
  const { bus, newest, metrics, log, onReadings } = options
  const received = metrics.counter('fanout_readings_total', 'Readings taken from the bus, by outcome', ['outcome'])
  const delay = metrics.histogram(
    'fanout_reading_age_seconds',
    'From sampling to arrival here',
    [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
  )
  const validate = createValidator(Frame, 'frame')
  const take = (data: Uint8Array): void => {
    for (const candidate of parseFrames(data)) {
      const result = validate(candidate)
      if (!result.ok) {
        received.inc({ outcome: 'invalid' })
        continue
      }
      const accepted = newest.accept(result.value)
      received.inc({ outcome: 'live' }, accepted.length)
      received.inc({ outcome: 'old' }, Object.keys(result.value.values).length - accepted.length)
      if (accepted[0] === undefined) continue
      delay.observe(Math.max(0, (Date.now() * 1000 - accepted[0].time) / 1e6))
      onReadings(accepted)
    }
  }
  const subscription = bus.nc.subscribe(bus.names.subjects.allReadings, {
    callback: (err, message) => {
      if (err) log.error({ event: 'feed.failed', err }, 'subscription to readings failed')
      else take(message.data)
    },
  })
  return { stop: () => subscription.drain() }
}

const decoder = new TextDecoder()

function parseFrames(data: Uint8Array): readonly unknown[] {
  if (data.byteLength > MAX_FRAME_MESSAGE_BYTES) return [undefined]
  try {
    const message: unknown = JSON.parse(decoder.decode(data))
    return Array.isArray(message) ? message : [message]
  } catch {
    return [undefined] // undefined is no frame: counted with the other invalid ones
  }
}
