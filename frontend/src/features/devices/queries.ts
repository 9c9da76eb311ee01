import { type QueryClient, queryOptions } from '@tanstack/react-query'
import type { Client } from '@webmacs/client'
import { eventsQuery, pluginsQuery } from '../signals/queries.ts'

/** Drivers that the controllers have. */
export const driversQuery = (client: Client) =>
  queryOptions({ queryKey: ['drivers'], queryFn: ({ signal }) => client.plugins.available({ signal }) })

/** A driver with the schema of its configuration. */
export const driverQuery = (client: Client, pluginId: string) =>
  queryOptions({
    queryKey: ['drivers', pluginId],
    queryFn: ({ signal }) => client.plugins.details(pluginId, { signal }),
    staleTime: 60_000,
  })

/** One instance and its version; its state changes by itself. */
export const instanceQuery = (client: Client, id: string) =>
  queryOptions({
    queryKey: ['plugins', id],
    queryFn: ({ signal }) => client.plugins.getVersioned(id, { signal }),
    refetchInterval: 2000,
  })

/** What its channels show now; asked for each second while somebody looks. */
export const valuesQuery = (client: Client, id: string) =>
  queryOptions({
    queryKey: ['values', id],
    queryFn: ({ signal }) => client.plugins.values(id, { signal }),
    refetchInterval: 1000,
    staleTime: 0,
  })

/** After a change of instances or channels: with them events may have come or gone. */
export async function forgetDevices(queries: QueryClient, client: Client): Promise<void> {
  await Promise.all([
    queries.invalidateQueries({ queryKey: pluginsQuery(client).queryKey }),
    queries.invalidateQueries({ queryKey: eventsQuery(client).queryKey }),
  ])
}
