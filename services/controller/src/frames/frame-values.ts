import { type EventId, type Frame, MAX_FRAME_MESSAGE_BYTES, type QualityWord } from '@webmacs/contracts'
import type { SampleMessage } from '../plugin-host/messages.ts'

/** The part of a frame that comes from the plant; the outbox adds where it stands in the order. */
export type FrameValues = Pick<Frame, 'values' | 'quality'>

interface MappedReading {
  readonly event: EventId
  readonly value: number | null
  readonly quality: QualityWord[]
}

/** For what the outbox adds: source, epoch, number and time. */
const MAX_VALUES_BYTES = MAX_FRAME_MESSAGE_BYTES - 1024

/**
 * One cycle's readings by event: channels without an event are left out, a cycle too large for one message becomes several frames.
 * @param events channel → event
 */
export function toFrameValues(
  readings: SampleMessage['instants'][number]['readings'],
  events: ReadonlyMap<string, EventId>,
): readonly FrameValues[] {
  const mapped = readings.flatMap(({ channel, value, quality }) => {
    const event = events.get(channel)
    return event === undefined ? [] : [{ event, value, quality }]
  })
  return splitBySize(mapped).map(frameOf)
}

function splitBySize(readings: readonly MappedReading[]): MappedReading[][] {
  const parts: MappedReading[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const reading of readings) {
    const more = bytesOf(reading)
    bytes += more
    if (bytes > MAX_VALUES_BYTES) {
      parts.push([])
      bytes = more
    }
    parts.at(-1)?.push(reading)
  }
  return parts
}

/** What a reading takes in a frame's JSON, which is ASCII: `"event":value,` and `"event":["word","word"],`. */
function bytesOf(reading: MappedReading): number {
  const words = qualityOf(reading)
  const keyBytes = reading.event.length + '"":,'.length
  const valueBytes = keyBytes + String(reading.value).length
  return words.length === 0 ? valueBytes : valueBytes + keyBytes + JSON.stringify(words).length
}

function frameOf(readings: readonly MappedReading[]): FrameValues {
  const values: Frame['values'] = {}
  const quality: NonNullable<Frame['quality']> = {}
  for (const reading of readings) {
    values[reading.event] = reading.value
    const words = qualityOf(reading)
    if (words.length > 0) quality[reading.event] = words
  }
  return Object.keys(quality).length === 0 ? { values } : { values, quality }
}

/** A reading without a value is bad, whatever it says. */
function qualityOf({ value, quality }: MappedReading): QualityWord[] {
  if (value === null && !quality.includes('bad')) return ['bad', 'sensor_fault']
  return quality.filter((word) => word !== 'good')
}
