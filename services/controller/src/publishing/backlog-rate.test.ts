import { expect, test } from 'vitest'
import { BacklogRate } from './backlog-rate.ts'

/** What goes within so many seconds when messages of so many readings go whenever they may. */
function goneWithin(rate: BacklogRate, clock: { nowMs: number }, seconds: number, readings: number): number {
  const end = clock.nowMs + seconds * 1000
  let gone = 0
  while (clock.nowMs < end) {
    const waitMs = rate.waitMs()
    if (waitMs === 0) {
      rate.spend(readings)
      gone += readings
    }
    clock.nowMs += waitMs
  }
  return gone
}

test.each([10, 100, 5000])('lets no more go than the rate, in messages of %i readings', (readings) => {
  const clock = { nowMs: 0 }
  const rate = new BacklogRate({ fixed: 1000, now: () => clock.nowMs })
  const gone = goneWithin(rate, clock, 60, readings)
  expect(gone).toBeGreaterThan(59_000)
  expect(gone).toBeLessThanOrEqual(60_000 + 250 + readings)
})

test('follows what comes in, five times as fast, and never below 2000 readings a second', () => {
  const clock = { nowMs: 0 }
  const rate = new BacklogRate({ fixed: undefined, now: () => clock.nowMs })
  expect(rate.limit()).toBe(2000)
  for (let second = 0; second < 300; second++) {
    clock.nowMs += 1000
    rate.note(1000)
  }
  expect(rate.nominal()).toBeCloseTo(1000)
  expect(rate.limit()).toBeCloseTo(5000)
})
