import { queryOptions } from '@tanstack/react-query'
import type { Client } from '@webmacs/client'

const INSTALLING_MS = 1000
const IDLE_MS = 10_000

/** Packages and how they are; looked at often while one is being installed. */
export const packagesQuery = (client: Client) =>
  queryOptions({
    queryKey: ['packages'],
    queryFn: ({ signal }) => client.plugins.packages.list({ signal }),
    refetchInterval: ({ state }) =>
      state.data?.some(({ status }) => status === 'installing') === true ? INSTALLING_MS : IDLE_MS,
  })
