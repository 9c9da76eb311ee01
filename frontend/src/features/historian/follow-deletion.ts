import type { QueryClient } from '@tanstack/react-query'
import { type Client, ClientError } from '@webmacs/client'
import type { HistorianJob } from '@webmacs/contracts'
import { deletionQuery, forgetStored } from './queries.ts'

const UNDER_WAY_MS = 1500
/** Statuses that will not change by asking again: nobody is logged in any more, somebody else is, or the job is unknown. */
const FINAL = [401, 403, 404]

/**
 * Makes all that was asked for of stored data be asked for again, now and at the end of a deletion. Outside React: whoever started it may close the
 * dialog or go to a chart before the end.
 */
export async function followDeletion(client: Client, queries: QueryClient, started: HistorianJob): Promise<void> {
  void forgetStored(queries)
  if (started.ended_on !== null || started.public_id === null) return
  const query = { ...deletionQuery(client, started.public_id), staleTime: 0 }
  while (await isUnderWay(() => queries.fetchQuery(query))) {
    await new Promise((resolve) => setTimeout(resolve, UNDER_WAY_MS))
  }
  await forgetStored(queries)
}

async function isUnderWay(ask: () => Promise<HistorianJob>): Promise<boolean> {
  try {
    const { ended_on } = await ask()
    return ended_on === null
  } catch (err) {
    return !(err instanceof ClientError && FINAL.includes(err.status)) // the server is away: what it does goes on when it is back
  }
}
