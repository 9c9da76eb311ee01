import { expect, test } from 'vitest'
import { chartOf } from './chart-of.ts'

const NOW_MS = Date.parse('2026-11-23T18:00:00Z')

test('shows the whole of an experiment, and a little around it', () => {
  expect(chartOf({ started_on: '2026-11-23T16:00:00Z', stopped_on: '2026-11-23T17:00:00Z' }, NOW_MS)).toEqual({
    from: '2026-11-23T15:58:12.000Z',
    to: '2026-11-23T17:01:48.000Z',
  })
})

test('follows one that runs', () => {
  expect(chartOf({ started_on: '2026-11-23T17:00:00Z', stopped_on: null }, NOW_MS)).toEqual({ last: 3708 })
  expect(chartOf({ started_on: '2026-11-23T17:59:59Z', stopped_on: null }, NOW_MS)).toEqual({ last: 60 })
})
