import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { Client } from '@webmacs/client'
import type { CommandState } from '@webmacs/contracts'
import { STATE_TEXTS } from '../commands/command-states.ts'

/** What the list is narrowed to, as the address says it. */
export interface CommandSearch {
  readonly page?: number | undefined
  readonly event?: string | undefined
  readonly state?: CommandState | undefined
}

export const PAGE_SIZE = 50

export const commandsQuery = (client: Client, { page = 1, event, state }: CommandSearch) =>
  queryOptions({
    queryKey: ['commands', { page, event, state }],
    queryFn: ({ signal }) =>
      client.commands.list(
        {
          page,
          page_size: PAGE_SIZE,
          ...(event === undefined ? {} : { event }),
          ...(state === undefined ? {} : { state }),
        },
        { signal },
      ),
    refetchInterval: 5000,
    placeholderData: keepPreviousData,
  })

/** The search of the address, without what means nothing. */
export function commandSearch(search: Record<string, unknown>): CommandSearch {
  const { page, event, state } = search
  return {
    ...(typeof page === 'number' && Number.isInteger(page) && page > 1 ? { page } : {}),
    ...(typeof event === 'string' && event !== '' ? { event } : {}),
    ...(typeof state === 'string' && Object.hasOwn(STATE_TEXTS, state) ? { state: state as CommandState } : {}), // a key of the table
  }
}
