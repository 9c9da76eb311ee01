import type { EventId, Frame, QualityWord } from '@webmacs/contracts'
import type { SampleMessage } from '../plugin-host/messages.ts'

/** The part of a frame that comes from the plant; the outbox adds where it stands in the order. */
export type FrameValues = Pick<Frame, 'values' | 'quality'>

/** So many values and their qualities fit a message, however long the numbers are. */
export const MAX_VALUES_PER_FRAME = 3000

/**
 * One cycle's readings by event: channels without an event are left out, a cycle too large for one message becomes several frames.
 * @param events channel → event
 */
export function toFrameValues(
  readings: SampleMessage['readings'],
  events: ReadonlyMap<string, EventId>,
): readonly FrameValues[] {
  const mapped = readings.flatMap(({ channel, value, quality }) => {
    const event = events.get(channel)
    return event === undefined ? [] : [{ event, value, quality }]
  })
  const frames: FrameValues[] = []
  for (let first = 0; first < mapped.length; first += MAX_VALUES_PER_FRAME)
    frames.push(frameOf(mapped.slice(first, first + MAX_VALUES_PER_FRAME)))
  return frames
}

function frameOf(readings: readonly { event: EventId; value: number | null; quality: QualityWord[] }[]): FrameValues {
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
function qualityOf({ value, quality }: { value: number | null; quality: QualityWord[] }): QualityWord[] {
  if (value === null && !quality.includes('bad')) return ['bad', 'sensor_fault']
  return quality.filter((word) => word !== 'good')
}
