import { type EventId, type FrameMessage, type Micros, parseTime } from '@webmacs/contracts'
import type { TestBus } from '@webmacs/testing'

export interface PublishedReading {
  readonly kind: 'readings' | 'backlog'
  readonly source: string
  readonly epoch: string
  readonly seq: number
  readonly time: Micros
  readonly value: number | null
}

/** What the stream holds of an event, in the order it was published. */
export async function publishedReadings({ bus }: TestBus, event: EventId): Promise<PublishedReading[]> {
  const stream = bus.names.streams.readings
  const { state } = await bus.jsm.streams.info(stream)
  const readings: PublishedReading[] = []
  for (let seq = state.first_seq; seq > 0 && seq <= state.last_seq; seq += 1) {
    const message = await bus.jsm.streams.getMessage(stream, { seq })
    if (message === null) continue
    const kind = message.subject.includes('.backlog.') ? 'backlog' : 'readings'
    for (const { values, time, ...sender } of [message.json<FrameMessage>()].flat()) {
      const value = values[event]
      if (value !== undefined) readings.push({ kind, ...sender, time: parseTime(time) ?? Number.NaN, value })
    }
  }
  return readings
}
