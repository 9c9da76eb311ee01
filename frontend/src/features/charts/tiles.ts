import type { SeriesAnswer } from '@webmacs/contracts'
import type { Seconds } from '../trends/signal-trace.ts'
import { spanOf, type View } from './view.ts'

/** A piece of time that is asked for by itself, so that moving on asks only for what is new. Aligned to 1970, like the server's intervals. */
export interface Tile {
  readonly from: Seconds
  readonly to: Seconds
}

/** What is drawn of an answer: the part of time between `from` and `to`. */
export interface Piece extends Tile {
  readonly answer: SeriesAnswer
}

/** The smallest tile; each larger one is twice as long. */
const SMALLEST: Seconds = 15
/** Widths of charts are rounded up to so many pixels, so that a window that grows a little asks for nothing anew. */
const WIDTH_STEP = 256
const MAX_POINTS = 4096

/** Length of the tiles for a view: at least half of it, so that three tiles cover it wherever it lies. */
export const tileSpan = (view: View): Seconds =>
  SMALLEST * 2 ** Math.max(0, Math.ceil(Math.log2(spanOf(view) / 2 / SMALLEST)))

/** The tiles that cover a view, in order. */
export function tilesOf(view: View): Tile[] {
  const span = tileSpan(view)
  const first = Math.floor(view.from / span)
  const count = Math.max(1, Math.ceil(view.to / span) - first)
  return Array.from({ length: count }, (_, index) => ({ from: (first + index) * span, to: (first + index + 1) * span }))
}

/** Points to ask for in each tile: as many as the whole chart has columns, so that none of its columns stays without one. */
export const pointsOf = (width: number): number =>
  Math.min(MAX_POINTS, Math.max(WIDTH_STEP, Math.ceil(width / WIDTH_STEP) * WIDTH_STEP))

/** What can be drawn now: of each tile its own answer, and until it has come what was drawn there before. */
export function compose(
  tiles: readonly Tile[],
  answerOf: (tile: Tile) => SeriesAnswer | undefined,
  before: readonly Piece[],
): Piece[] {
  return tiles.flatMap((tile): Piece[] => {
    const answer = answerOf(tile)
    if (answer !== undefined) return [{ ...tile, answer }]
    return before.flatMap((piece) => {
      const from = Math.max(piece.from, tile.from)
      const to = Math.min(piece.to, tile.to)
      return from < to ? [{ from, to, answer: piece.answer }] : []
    })
  })
}
