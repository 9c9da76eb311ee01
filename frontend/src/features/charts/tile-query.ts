import { queryOptions } from '@tanstack/react-query'
import type { Client } from '@webmacs/client'
import type { EventId } from '@webmacs/contracts'
import { isoOf } from './chart-search.ts'
import type { Tile } from './tiles.ts'

/** Everything that charts have asked for; forget it when stored data was deleted. */
export const SERIES_KEY = ['series'] as const
/** How long what was asked for is kept, for one who comes back. */
const KEPT_MS = 600_000

/** The course of these events in a tile. The order of events does not matter to whoever reads it. */
export function tileQuery(client: Client, eventIds: readonly EventId[], points: number, { from, to }: Tile) {
  const event_public_ids = [...eventIds].sort()
  return queryOptions({
    queryKey: [...SERIES_KEY, event_public_ids, points, from, to],
    queryFn: ({ signal }) =>
      client.series(
        {
          event_public_ids,
          from: isoOf(from),
          to: isoOf(to),
          max_points: points,
          aggregates: ['min', 'max', 'mean'],
          fill: 'none',
        },
        { signal },
      ),
    gcTime: KEPT_MS,
  })
}
