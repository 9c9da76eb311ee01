import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { Client } from '@webmacs/client'
import type { EventId } from '@webmacs/contracts'

/** Pasts that can be chosen. */
export const WINDOWS = [
  { minutes: 5, label: '5 min' },
  { minutes: 15, label: '15 min' },
  { minutes: 60, label: '60 min' },
  { minutes: 360, label: '6 h' },
  { minutes: 1440, label: '24 h' },
] as const
export const DEFAULT_MINUTES = 5

/** Lowest and highest values survive the reduction, so that two points a column of a few pixels look as all of them would. */
const MAX_POINTS = 600

/** The stored past of the chosen signals. Live values continue it, so it is asked for again only after an outage. */
export const seriesQuery = (client: Client, eventIds: readonly EventId[], minutes: number) =>
  queryOptions({
    queryKey: ['datapoints', 'series', minutes, [...eventIds].sort()],
    queryFn: ({ signal }) =>
      client.datapoints.series({ event_public_ids: [...eventIds], minutes, max_points: MAX_POINTS }, { signal }),
    enabled: eventIds.length > 0,
    staleTime: 0,
    gcTime: 0, // an old past would leave a hole up to now
    placeholderData: keepPreviousData,
  })
