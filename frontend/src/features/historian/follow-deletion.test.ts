import { QueryClient } from '@tanstack/react-query'
import { createClient } from '@webmacs/client'
import type { HistorianJob } from '@webmacs/contracts'
import { afterEach, expect, test } from 'vitest'
import { SERIES_KEY } from '../charts/tile-query.ts'
import { followDeletion } from './follow-deletion.ts'

const TILE = [...SERIES_KEY, 'a tile']
const RUNNING: HistorianJob = {
  public_id: 'job_7k2m9q4tx3ab' as HistorianJob['public_id'], // as the contract brands it
  kind: 'delete',
  state: 'running',
  event_public_ids: null,
  experiment_public_id: null,
  from: '2026-11-23T16:00:00Z',
  to: '2026-11-23T17:00:00Z',
  expected: 3600,
  done: 0,
  error: null,
  user_public_id: null,
  created_on: '2026-11-24T08:00:00Z',
  ended_on: null,
}
const DONE: HistorianJob = { ...RUNNING, state: 'done', done: 3600, ended_on: '2026-11-24T08:01:00Z' }

const queries = new QueryClient({ defaultOptions: { queries: { retry: false, networkMode: 'always' } } })
afterEach(() => queries.clear())

/** A server that answers each request for the job with the next of these. */
function aClient(answers: readonly Response[]) {
  const left = [...answers]
  const client = createClient({
    baseUrl: 'http://rig',
    getToken: () => undefined,
    retry: { attempts: 1 },
    fetch: async () => left.shift() ?? Response.error(),
  })
  return { client, left }
}

const chartIsFresh = (): boolean => queries.getQueryState(TILE)?.isInvalidated === false
const show = (): unknown => queries.setQueryData(TILE, 'what is stored')

test('charts ask again at the end of a deletion that nobody looks at any more', async () => {
  const { client, left } = aClient([Response.json(RUNNING), Response.error(), Response.json(DONE)])
  show()
  const end = followDeletion(client, queries, RUNNING)
  expect(chartIsFresh()).toBe(false)
  show()
  expect(chartIsFresh()).toBe(true)
  await end
  expect(left).toHaveLength(0)
  expect(chartIsFresh()).toBe(false)
}, 60_000)

test('a deletion that ended at once is not asked about', async () => {
  const { client, left } = aClient([Response.json(DONE)])
  show()
  await followDeletion(client, queries, DONE)
  expect(chartIsFresh()).toBe(false)
  expect(left).toHaveLength(1)
})

test('it is asked about no more once nobody is logged in', async () => {
  const { client, left } = aClient([Response.json({ detail: 'Log in.' }, { status: 401 }), Response.json(DONE)])
  await followDeletion(client, queries, RUNNING)
  expect(left).toHaveLength(1)
})
