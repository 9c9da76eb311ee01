import { expect, test } from 'vitest'
import { STAMP_STEP, StampClock } from './stamp-clock.ts'

const NOW = 1_795_534_080_000_000

test('gives stamps that rise, whatever the clock does, and are never behind it', () => {
  let now = NOW
  const clock = new StampClock(7, () => now)
  let last = 0
  for (const step of [0, 0, 1, 500, -1_000_000, 0, 2_000_000]) {
    now += step
    const stamp = clock.reserve(3)
    expect(stamp).toBeGreaterThan(last)
    expect(stamp).toBeGreaterThanOrEqual(now)
    last = stamp + 2 * STAMP_STEP
  }
})

test('gives instances stamps of their own', () => {
  const clocks = Array.from({ length: STAMP_STEP }, (_, instance) => new StampClock(1000 + instance, () => NOW))
  const stamps = clocks.flatMap((clock) => [clock.reserve(1), clock.reserve(1), clock.reserve(1)])
  expect(new Set(stamps).size).toBe(stamps.length)
  expect(Math.max(...stamps) - NOW).toBeLessThan(4 * STAMP_STEP)
})
