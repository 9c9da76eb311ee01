import { expect, test } from 'vitest'
import { chartSearch, eventsOf, searchOf, viewOf } from './chart-search.ts'

const NOW = 1_800_000_000

test('a view comes back from its address as it was', () => {
  const still = { from: NOW - 86_400.5, to: NOW - 300.25, isLive: false }
  const address = searchOf(still, ['evt_a', 'evt_b'])
  expect(viewOf(chartSearch({ ...address }), NOW + 50)).toEqual(still)
  expect(eventsOf(address)).toEqual(['evt_a', 'evt_b'])
  const live = { from: NOW - 600, to: NOW, isLive: true }
  expect(viewOf(chartSearch({ ...searchOf(live, []) }), NOW + 50)).toEqual({ ...live, from: NOW - 550, to: NOW + 50 })
})

test.each([
  [{ from: 'yesterday', to: 'now' }],
  [{ from: '2026-11-02T00:00:00Z', to: '2026-11-01T00:00:00Z' }],
  [{ from: '2026-11-02T00:00:00Z' }],
  [{ last: -5 }],
  [{ last: 'all' }],
  [{ events: '<script>' }],
])('an address that means nothing is read as the default: %j', (search) => {
  expect(chartSearch(search)).toEqual({})
})

test('an empty choice is a choice', () => {
  expect(eventsOf({ events: '' })).toEqual([])
  expect(eventsOf({})).toBeUndefined()
})
