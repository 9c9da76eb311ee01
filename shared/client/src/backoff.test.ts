import { expect, test } from 'vitest'
import { backoffMs } from './backoff.ts'

const RECONNECT = { firstMs: 1000, maxMs: 30_000 }

test('doubles from the first delay to the longest', () => {
  const delays = [1, 2, 3, 4, 5, 6, 60].map((failures) => backoffMs(RECONNECT, failures, 0.5))
  expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
})

test('spreads clients over a fifth to either side', () => {
  expect(backoffMs(RECONNECT, 1, 0)).toBe(800)
  expect(backoffMs(RECONNECT, 1, 0.999)).toBe(1200)
})
