import { queryOptions } from '@tanstack/react-query'
import type { Client } from '@webmacs/client'

/** Who is logged in. */
export const meQuery = (client: Client) =>
  queryOptions({ queryKey: ['me'], queryFn: ({ signal }) => client.auth.me({ signal }), staleTime: 60_000 })
