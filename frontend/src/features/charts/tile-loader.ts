import type { QueryClient } from '@tanstack/react-query'
import type { Client } from '@webmacs/client'
import type { EventId, SeriesAnswer } from '@webmacs/contracts'
import type { Seconds } from '../trends/signal-trace.ts'
import { SERIES_KEY, tileQuery } from './tile-query.ts'
import { compose, type Piece, pointsOf, type Tile, tilesOf } from './tiles.ts'
import { AHEAD, type View } from './view.ts'

/** How the tiles of a view stand. A new object whenever it changes, the same one until then. */
export interface LoadStatus {
  readonly isLoading: boolean
  readonly error: Error | null
  /** Lengths of the intervals on screen, seconds, ascending; 0: readings. Empty: nothing has come yet. */
  readonly resolutions: readonly number[]
}

/** Keeps what a view needs coming, outside React: it changes with every step of a drag. */
export interface TileLoader {
  /** Asks for what is lacking of a view, and no longer for what has left it. Call it often: it also keeps the present fresh. */
  show(eventIds: readonly EventId[], view: View, width: number, nowMs: number): void
  /** What can be drawn of it now. */
  pieces(): readonly Piece[]
  status(): LoadStatus
  /** Hears when `pieces` or `status` say something else. */
  subscribe(listener: () => void): () => void
}

/** What is long past hardly changes: late data does it. */
const PAST_FRESH_MS = 300_000
/** Readings are continued by live ones, so the tile that is not over is asked for again only now and then. */
const READINGS_FRESH_MS = 20_000
const OPEN_FRESH_MS = { least: 2000, most: 60_000 }
/** What was measured before the end of a tile is stored so long after it. */
const STORED_MS = 5000
/** Intervals of the open tile are asked for again after this part of their length. */
const INTERVAL_PART = 1 / 4
const RETRY_MS = 5000
const IDLE: LoadStatus = { isLoading: false, error: null, resolutions: [] }

export function createTileLoader(client: Client, queries: QueryClient): TileLoader {
  const listeners = new Set<() => void>()
  let asked = new Map<string, ReturnType<typeof tileQuery>>()
  let drawn: readonly Piece[] = []
  let current = IDLE

  const ask = (query: ReturnType<typeof tileQuery>, tile: Tile, nowMs: number): void => {
    const state = queries.getQueryState(query.queryKey)
    if (state?.fetchStatus === 'fetching') return
    if (state?.status === 'error' && Date.now() - state.errorUpdatedAt < RETRY_MS) return
    const ageMs = Date.now() - (state?.dataUpdatedAt ?? 0)
    const staleTime = freshFor(tile, state?.data, nowMs, ageMs)
    if (state?.data !== undefined && !state.isInvalidated && ageMs < staleTime) return
    void queries.prefetchQuery({ ...query, staleTime })
  }
  const show: TileLoader['show'] = (eventIds, view, width, nowMs) => {
    const tiles = eventIds.length === 0 ? [] : tilesOf(view).filter(({ from }) => from <= nowMs / 1000 + AHEAD)
    const wanted = new Map(
      tiles.map((tile) => {
        const query = tileQuery(client, eventIds, pointsOf(width), tile)
        return [JSON.stringify(query.queryKey), { tile, query }] as const
      }),
    )
    for (const [key, { queryKey }] of asked) {
      if (!wanted.has(key)) void queries.cancelQueries({ queryKey, exact: true }, { silent: true })
    }
    asked = new Map([...wanted].map(([key, { query }]) => [key, query]))
    for (const { tile, query } of wanted.values()) ask(query, tile, nowMs)
    const states = [...wanted.values()].map(({ query }) => queries.getQueryState(query.queryKey))
    const places = [...wanted.values()]
    const answerOf = (tile: Tile): SeriesAnswer | undefined => {
      const query = places.find((place) => place.tile === tile)?.query
      return query === undefined ? undefined : queries.getQueryData(query.queryKey)
    }
    take(compose(tiles, answerOf, drawn), {
      isLoading: states.some((state) => state?.data === undefined && state?.status !== 'error'),
      error: states.find((state) => state?.data === undefined && state?.status === 'error')?.error ?? null,
    })
  }
  const take = (pieces: readonly Piece[], state: Pick<LoadStatus, 'isLoading' | 'error'>): void => {
    const resolutions = [...new Set(pieces.map(({ answer }) => answer.resolution))].sort((a, b) => a - b)
    const isSamePicture =
      pieces.length === drawn.length &&
      pieces.every((piece, index) => piece.answer === drawn[index]?.answer && piece.from === drawn[index]?.from)
    const isSameState =
      state.isLoading === current.isLoading &&
      state.error === current.error &&
      resolutions.join() === current.resolutions.join()
    if (!isSamePicture) drawn = pieces
    if (!isSameState) current = { ...state, resolutions }
    if (!isSamePicture || !isSameState) for (const listener of listeners) listener()
  }
  return {
    show,
    pieces: () => drawn,
    status: () => current,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** How long an answer stands for what is stored: one that came while its tile was not over lacks the end of it, and stands no longer than that. */
function freshFor(tile: Tile, answer: SeriesAnswer | undefined, nowMs: number, ageMs: number): number {
  const wholeMs = endOf(tile, answer) * 1000 + STORED_MS
  if (nowMs >= wholeMs && nowMs - ageMs < wholeMs) return 0
  if (tile.to * 1000 < nowMs - OPEN_FRESH_MS.most) return PAST_FRESH_MS
  if (answer === undefined || answer.resolution === 0) return READINGS_FRESH_MS
  return Math.min(OPEN_FRESH_MS.most, Math.max(OPEN_FRESH_MS.least, answer.resolution * 1000 * INTERVAL_PART))
}

/** When all that an answer tells of is over: its last interval may reach beyond the tile. */
function endOf({ to }: Tile, answer: SeriesAnswer | undefined): Seconds {
  const length = answer?.resolution ?? 0
  return length === 0 ? to : Math.ceil(to / length) * length
}

/** Makes charts ask again: what is stored has changed. What they show stays until the answers are there. */
export const forgetSeries = (queries: QueryClient): Promise<void> =>
  queries.invalidateQueries({ queryKey: [...SERIES_KEY], refetchType: 'none' })
