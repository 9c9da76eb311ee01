import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { Client } from '@webmacs/client'
import type { Export, ExportState } from '@webmacs/contracts'

export const EXPORTS_KEY = ['exports'] as const
export const EXPORTS_PAGE = 20
const UNDER_WAY_MS = 1500
const IDLE_MS = 15_000

export const isUnderWay = (state: ExportState): boolean => state === 'waiting' || state === 'running'
const pollMs = (exports: readonly Export[] | undefined): number =>
  exports?.some(({ state }) => isUnderWay(state)) === true ? UNDER_WAY_MS : IDLE_MS

/** Exports, newest first; looked at often while one is being made. */
export const exportsQuery = (client: Client, page: number) =>
  queryOptions({
    queryKey: [...EXPORTS_KEY, 'list', page],
    queryFn: ({ signal }) => client.exports.list({ page, page_size: EXPORTS_PAGE }, { signal }),
    refetchInterval: ({ state }) => pollMs(state.data?.data),
    placeholderData: keepPreviousData,
  })

/** One of them, until it has ended. */
export const exportQuery = (client: Client, id: string) =>
  queryOptions({
    queryKey: [...EXPORTS_KEY, id],
    queryFn: ({ signal }) => client.exports.get(id, { signal }),
    refetchInterval: ({ state }) => (state.data === undefined || isUnderWay(state.data.state) ? UNDER_WAY_MS : false),
    staleTime: 0,
  })
