import { keepPreviousData, type QueryClient, queryOptions } from '@tanstack/react-query'
import type { Client } from '@webmacs/client'

const KEY = ['experiments'] as const
export const EXPERIMENTS_PAGE = 25

/** A page of experiments, newest first. */
export const experimentsQuery = (client: Client, page: number) =>
  queryOptions({
    queryKey: [...KEY, 'page', page],
    queryFn: ({ signal }) => client.experiments.list({ page, page_size: EXPERIMENTS_PAGE }, { signal }),
    refetchInterval: 10_000,
    placeholderData: keepPreviousData,
  })

/** Who everybody is; for those who may see it. */
export const usersQuery = (client: Client) =>
  queryOptions({ queryKey: ['users'], queryFn: ({ signal }) => client.users.all({}, { signal }), staleTime: 60_000 })

export const forgetExperiments = (queries: QueryClient): Promise<void> =>
  queries.invalidateQueries({ queryKey: [...KEY] })
