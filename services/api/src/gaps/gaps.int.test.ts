import type { Gap } from '@webmacs/contracts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiSite, startApiSite } from '../testing/api-site.ts'

const EVENT = 'evt_7k2m9q4tx3ab'
const INSTANCE = 'plg_7k2m9q4tx3ab'

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
  await site.db.pool.query(`
    INSERT INTO reading_gaps (source, reason, from_time, to_time, instance_public_id, event_public_ids, epoch, first_seq, last_seq)
    VALUES ('local', 'overflow', '2026-11-01T10:00Z', '2026-11-01T11:00Z', NULL, '{}', 'e1', 5, 124),
      ('local', 'driver_down', '2026-11-02T10:00:00.000001Z', '2026-11-02T11:00Z', '${INSTANCE}', '{${EVENT}}', NULL, NULL, NULL),
      ('local', 'stopped', '2026-11-03T10:00Z', '2026-11-03T11:00Z', '${INSTANCE}', '{evt_000000000000}', NULL, NULL, NULL)`)
})
afterAll(() => site[Symbol.asyncDispose]())

async function reasonsFor(query: Record<string, string>): Promise<string[]> {
  const { body } = await site.api.get(`/api/v1/gaps?${new URLSearchParams(query)}`)
  return body.data.map(({ reason }: Gap) => reason)
}

test('shows what is missing, newest first, with how many frames where that is known', async () => {
  const { status, body } = await site.api.request('GET', '/api/v1/gaps', { as: 'viewer' })
  expect(status).toBe(200)
  expect(body).toMatchObject({ page: 1, total: 3 })
  expect(body.data.map(({ reason, frames }: Gap) => [reason, frames])).toEqual([
    ['stopped', null],
    ['driver_down', null],
    ['overflow', 120],
  ])
  expect(body.data[1]).toEqual({
    id: expect.any(Number),
    source: 'local',
    reason: 'driver_down',
    from: '2026-11-02T10:00:00.000001Z',
    to: '2026-11-02T11:00:00Z',
    instance_public_id: INSTANCE,
    event_public_ids: [EVENT],
    frames: null,
    recorded_on: expect.stringMatching(/^20.*Z$/),
  })
})

test('finds what concerns an event: its own gaps, and those of everything', async () => {
  expect(await reasonsFor({ event: EVENT })).toEqual(['driver_down', 'overflow'])
  expect(await reasonsFor({ event: 'nonsense' })).toEqual(['overflow'])
})

test('finds what reaches into a time', async () => {
  expect(await reasonsFor({ from: '2026-11-02T10:30:00Z' })).toEqual(['stopped', 'driver_down'])
  expect(await reasonsFor({ to: '2026-11-02T10:00:00Z' })).toEqual(['overflow'])
  expect(await reasonsFor({ from: '2026-11-02T10:30:00Z', to: '2026-11-02T10:40:00Z' })).toEqual(['driver_down'])
})

test('gives pages, and names a moment that is none', async () => {
  expect(await reasonsFor({ page: '2', page_size: '2' })).toEqual(['overflow'])
  const { status, body } = await site.api.get('/api/v1/gaps?from=yesterday')
  expect(status).toBe(422)
  expect(body.errors[0].field).toBe('query.from')
})
