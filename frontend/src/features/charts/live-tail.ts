import type { EventId, SeriesAnswer } from '@webmacs/contracts'
import type { ReadingStore } from '../live/reading-store.ts'
import type { Piece } from './tiles.ts'

/** What arrived live lately: continues a chart of readings up to now. */
export interface LiveTail {
  /** A piece after these, where they end with readings; they themselves where they do not. */
  continue(pieces: readonly Piece[]): readonly Piece[]
  /** Rises with every arrival. */
  version(): number
  /** Follows the store until the returned function is called. */
  connect(): () => void
}

/** Longer than what was just measured takes to be stored and asked for again. */
const KEPT_MICROS = 120e6

interface Arrived {
  readonly time: number[]
  readonly value: (number | null)[]
}

export function createLiveTail(readings: ReadingStore): LiveTail {
  const arrived = new Map<EventId, Arrived>()
  let version = 0
  return {
    version: () => version,
    connect: () =>
      readings.onArrivals((arrivals) => {
        for (const { eventId, time, value } of arrivals) {
          const columns = arrived.get(eventId) ?? { time: [], value: [] }
          arrived.set(eventId, columns)
          columns.time.push(time)
          columns.value.push(value)
          while ((columns.time[0] ?? time) < time - KEPT_MICROS) {
            columns.time.shift()
            columns.value.shift()
          }
          version++
        }
      }),
    continue: (pieces) => {
      const last = pieces.at(-1)
      if (last === undefined || last.answer.resolution !== 0) return pieces
      const series = [...arrived].map(([event_public_id, columns]) => ({ event_public_id, ...columns }))
      const answer: SeriesAnswer = { ...last.answer, series }
      return [...pieces, { from: last.from, to: Number.POSITIVE_INFINITY, answer }]
    },
  }
}
