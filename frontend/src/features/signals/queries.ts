import { queryOptions } from '@tanstack/react-query'
import type { Client } from '@webmacs/client'

/** All events, sensors and the rest. */
export const eventsQuery = (client: Client) =>
  queryOptions({ queryKey: ['events'], queryFn: ({ signal }) => client.events.all({}, { signal }) })

/** The newest stored reading of each event: what is shown until the first live one. */
export const latestQuery = (client: Client) =>
  queryOptions({
    queryKey: ['datapoints', 'latest'],
    queryFn: ({ signal }) => client.datapoints.latest({ signal }),
    staleTime: 0,
  })

/** Plugin instances with their channels and how they are; looked at again and again, because their state changes by itself. */
export const pluginsQuery = (client: Client) =>
  queryOptions({
    queryKey: ['plugins'],
    queryFn: ({ signal }) => client.plugins.all({}, { signal }),
    refetchInterval: 10_000,
  })
