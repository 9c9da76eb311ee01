import type { EventId, SeriesAnswer } from '@webmacs/contracts'
import type { ReadingStore } from '../live/reading-store.ts'
import type { Piece } from './tiles.ts'

/** What arrived live lately: continues a chart of readings up to now. */
export interface LiveTail {
  /** These, and what arrived after each of the pieces of readings that they end with; they themselves where they end with intervals. */
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
      const first = pieces.findLastIndex(({ answer }) => answer.resolution !== 0) + 1
      if (first === pieces.length) return pieces
      const series = [...arrived].map(([event_public_id, columns]) => ({ event_public_id, ...columns }))
      // Each was asked for before its end had come, the last one and the one before it alike.
      const continued = pieces.slice(first).flatMap((piece, index, { length }): Piece[] => {
        const answer: SeriesAnswer = { ...piece.answer, series }
        const to = index === length - 1 ? Number.POSITIVE_INFINITY : piece.to
        return [piece, { from: piece.from, to, answer }]
      })
      return [...pieces.slice(0, first), ...continued]
    },
  }
}
