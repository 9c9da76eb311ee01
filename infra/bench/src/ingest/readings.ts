import { type Frame, formatTime, type Micros } from '@webmacs/contracts'
import type { BenchDatabase } from '../site.ts'

/** The signals of one source, sent so many values to a frame. */
export interface Readings {
  readonly source: string
  readonly count: number
  readonly valuesPerFrame: number
  readonly events: BenchDatabase['events']
  readonly start: Micros
  /** From one sample of a signal to its next, 100 ms when left out. */
  readonly interval?: Micros
}

/** Of one source. */
export const SIGNALS = 100
const INTERVAL: Micros = 100_000

/** Moment and value of one reading; all rows of the run, whoever writes them, come from here. */
export function readingAt({ events, start, interval = INTERVAL }: Readings, index: number) {
  const signal = index % SIGNALS
  const cycle = Math.floor(index / SIGNALS)
  const event = events[signal]
  if (event === undefined) throw new RangeError(`there is no event ${signal}`)
  return { event, time: start + cycle * interval, value: Math.round(20_000 + 5000 * Math.sin(index / 1000)) / 1000 }
}

/** Frames in order, as the text that is published. */
export function* frameTexts(readings: Readings): Generator<string, void, void> {
  const { count, valuesPerFrame, source } = readings
  for (let index = 0, seq = 1; index < count; index += valuesPerFrame, seq += 1) {
    const values: Record<string, number> = {}
    for (let offset = 0; offset < valuesPerFrame; offset += 1) {
      const { event, value } = readingAt(readings, index + offset)
      values[event.publicId] = value
    }
    const time = formatTime(readingAt(readings, index).time)
    const frame: Frame = { source, epoch: 'bench', seq, time, values }
    yield JSON.stringify(frame)
  }
}
