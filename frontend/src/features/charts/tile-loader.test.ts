import { QueryClient } from '@tanstack/react-query'
import { createClient } from '@webmacs/client'
import type { EventId, SeriesAnswer, SeriesQuery } from '@webmacs/contracts'
import { afterEach, expect, test, vi } from 'vitest'
import { createTileLoader, forgetSeries } from './tile-loader.ts'
import { pan } from './view.ts'

const EVENT = 'evt_7k2m9q4tx3ab' as EventId // as the contract brands it
const NOW = 1_800_000_000
const VIEW = { from: NOW - 90_000, to: NOW - 86_400, isLive: false }

afterEach(() => {
  vi.useRealTimers()
})

/** A server that answers with intervals of a minute, and remembers what it was asked. */
function aLoader(serve: (query: SeriesQuery) => Response = answer) {
  const asked: SeriesQuery[] = []
  const client = createClient({
    baseUrl: 'http://rig',
    getToken: () => undefined,
    retry: { attempts: 1 },
    fetch: async (_url, init) => {
      const query = JSON.parse(String(init?.body)) as SeriesQuery // as the loader writes it
      asked.push(query)
      return serve(query)
    },
  })
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false, networkMode: 'always' } } })
  const loader = createTileLoader(client, queries)
  const show = (view = VIEW, now = NOW) => loader.show([EVENT], view, 1000, now * 1000)
  /** Shows a view until everything of it has come. */
  const settle = (view = VIEW, now = NOW) =>
    vi.waitFor(() => {
      show(view, now)
      expect(loader.status().isLoading).toBe(false)
    })
  return { asked, queries, loader, show, settle }
}

function answer({ from, to }: SeriesQuery): Response {
  const series = [{ event_public_id: EVENT, time: [Date.parse(from) * 1000], mean: [1], min: [0], max: [2] }]
  return Response.json({ from, to, resolution: 60, read_from: 60, series } satisfies SeriesAnswer)
}

test('asks for each tile of a view once, and moving on only for what is new', async () => {
  const { asked, loader, settle } = aLoader()
  await settle()
  const first = asked.length
  expect(first).toBeLessThanOrEqual(3)
  expect(loader.status()).toEqual({ isLoading: false, error: null, resolutions: [60] })
  await settle()
  expect(asked).toHaveLength(first)
  await settle(pan(VIEW, -0.3, NOW))
  expect(asked.length - first).toBeLessThanOrEqual(1)
  await settle()
  expect(asked.length - first).toBeLessThanOrEqual(1)
})

test('keeps drawing what it has while it asks for another zoom', async () => {
  const { loader, show, settle } = aLoader()
  await settle()
  show({ ...VIEW, from: VIEW.from + 1800 })
  expect(loader.status().isLoading).toBe(true)
  expect(loader.pieces().length).toBeGreaterThan(0)
})

test('asks again for all that is shown when stored data has changed', async () => {
  const { asked, queries, loader, show, settle } = aLoader()
  await settle()
  const first = asked.length
  await forgetSeries(queries)
  show()
  expect(loader.pieces().length).toBeGreaterThan(0)
  await vi.waitFor(() => expect(asked).toHaveLength(2 * first))
})

test('asks once more for a tile that was not over when it was asked for, also when it was out of sight as it ended', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(NOW * 1000)
  const { asked, settle } = aLoader()
  const open = { from: NOW - 10, to: NOW + 2, isLive: false }
  await settle(open)
  const end = Math.max(...asked.map(({ to }) => Date.parse(to) / 1000))
  const askedForEnd = () => asked.filter(({ to }) => Date.parse(to) / 1000 === end)
  expect(end).toBeGreaterThan(NOW)
  expect(askedForEnd()).toHaveLength(1)
  const later = end + 180 // all is over, the interval of a minute as well that reaches beyond the tile
  vi.setSystemTime(later * 1000)
  await settle(open, later)
  await vi.waitFor(() => expect(askedForEnd()).toHaveLength(2))
  await settle(open, later)
  expect(askedForEnd()).toHaveLength(2)
})

test('says what failed', async () => {
  const { loader, settle } = aLoader(() => Response.json({ detail: 'The database is away.' }, { status: 500 }))
  await settle()
  expect(loader.status().error?.message).toBe('The database is away.')
  expect(loader.pieces()).toEqual([])
})

test('asks for nothing that cannot have been stored yet', async () => {
  const { asked, settle } = aLoader()
  await settle({ from: NOW + 100_000, to: NOW + 103_600, isLive: false })
  expect(asked).toEqual([])
})
