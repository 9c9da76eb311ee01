import { expect, test } from 'vitest'
import { BackOff } from './back-off.ts'

const waits = (backOff: BackOff, count: number) => Array.from({ length: count }, () => backOff.nextMs())

test('doubles up to its limit and goes on for ever', () => {
  const backOff = new BackOff({ firstMs: 1000, maxMs: 60_000, random: () => 0 })
  expect(waits(backOff, 8)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
  expect(waits(backOff, 2000).at(-1)).toBe(60_000)
})

test('spreads by a quarter', () => {
  expect(new BackOff({ firstMs: 1000, maxMs: 60_000, random: () => 0.999_999 }).nextMs()).toBe(750)
})

test('starts again with the shortest wait once it works', () => {
  const backOff = new BackOff({ firstMs: 1000, maxMs: 60_000, random: () => 0 })
  waits(backOff, 5)
  backOff.reset()
  expect(backOff.nextMs()).toBe(1000)
})
