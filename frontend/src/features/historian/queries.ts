import { keepPreviousData, type QueryClient, queryOptions } from '@tanstack/react-query'
import type { Client } from '@webmacs/client'
import { forgetSeries } from '../charts/tile-loader.ts'

const KEY = ['historian'] as const
export const HOLDINGS_PAGE = 20
export const RUNS_PAGE = 15
export const DELETIONS_PAGE = 15
const UNDER_WAY_MS = 1500
const IDLE_MS = 30_000
/** What is stored is measured every minute or so; at first it is not measured yet. */
const MEASURED_MS = 10_000

export const holdingsQuery = (client: Client) =>
  queryOptions({
    queryKey: [...KEY, 'holdings'],
    queryFn: ({ signal }) => client.historian.holdings({ signal }),
    refetchInterval: MEASURED_MS,
  })

export const eventHoldingsQuery = (client: Client, page: number) =>
  queryOptions({
    queryKey: [...KEY, 'events', page],
    queryFn: ({ signal }) => client.historian.events.list({ page, page_size: HOLDINGS_PAGE }, { signal }),
    refetchInterval: MEASURED_MS,
    placeholderData: keepPreviousData,
  })

export const retentionQuery = (client: Client) =>
  queryOptions({ queryKey: [...KEY, 'retention'], queryFn: ({ signal }) => client.historian.retention.get({ signal }) })

export const maintenanceQuery = (client: Client, page: number) =>
  queryOptions({
    queryKey: [...KEY, 'maintenance', page],
    queryFn: ({ signal }) => client.historian.maintenance({ page, page_size: RUNS_PAGE }, { signal }),
    refetchInterval: IDLE_MS,
    placeholderData: keepPreviousData,
  })

/** Deletions, newest first; looked at often while one is under way. */
export const deletionsQuery = (client: Client, page: number) =>
  queryOptions({
    queryKey: [...KEY, 'deletions', page],
    queryFn: ({ signal }) => client.datapoints.deletions.list({ page, page_size: DELETIONS_PAGE }, { signal }),
    refetchInterval: ({ state }) =>
      state.data?.data.some(({ ended_on }) => ended_on === null) === true ? UNDER_WAY_MS : IDLE_MS,
    placeholderData: keepPreviousData,
  })

/** One deletion: `followDeletion` asks for it until it has ended. */
export const deletionQuery = (client: Client, id: string) =>
  queryOptions({
    queryKey: [...KEY, 'deletion', id],
    queryFn: ({ signal }) => client.datapoints.deletions.get(id, { signal }),
  })

/** After stored data was deleted: whatever was asked for of it is asked for again. */
export async function forgetStored(queries: QueryClient): Promise<void> {
  await Promise.all([
    forgetSeries(queries),
    queries.invalidateQueries({ queryKey: [...KEY] }),
    queries.invalidateQueries({ queryKey: ['datapoints'] }),
  ])
}
