import { expect, test } from 'vitest'
import { percentile } from './percentiles.ts'

test('finds median and extremes whatever the order', () => {
  const samples = [5, 1, 4, 2, 3]
  expect([0, 0.5, 0.99, 1].map((share) => percentile(samples, share))).toEqual([1, 3, 5, 5])
})

test('refuses to say something about no samples', () => {
  expect(() => percentile([], 0.5)).toThrow('there are no samples')
})
