import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { Client } from '@webmacs/client'
import { defined } from '../../lib/defined.ts'
import type { DataSearch } from '../historian/data-search.ts'

export const DATAPOINTS_PAGE = 50

/** A page of the stored readings that a search asks for, newest first. */
export const datapointsQuery = (client: Client, { tab: _, ...filter }: DataSearch) =>
  queryOptions({
    queryKey: ['datapoints', 'list', filter],
    queryFn: ({ signal }) => client.datapoints.list({ ...defined(filter), page_size: DATAPOINTS_PAGE }, { signal }),
    placeholderData: keepPreviousData,
  })

/** Every experiment by name. */
export const experimentNamesQuery = (client: Client) =>
  queryOptions({
    queryKey: ['experiments', 'all'],
    queryFn: ({ signal }) => client.experiments.all({}, { signal }),
  })
