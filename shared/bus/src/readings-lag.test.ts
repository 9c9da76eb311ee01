import { expect, test } from 'vitest'
import { lagShare } from './readings-lag.ts'

const idle = {
  pending: 0,
  unacknowledged: 0,
  messages: 1000,
  bytes: 1000,
  maxBytes: 1000,
  oldestAgeMs: 0,
  maxAgeMs: 100,
}

test('does not count what is stored, however full the stream is', () => {
  expect(lagShare(idle)).toBe(0)
})

test('grows with the bytes that wait', () => {
  expect(lagShare({ ...idle, pending: 800, unacknowledged: 50 })).toBeCloseTo(0.85)
})

test('grows with the age of the oldest that waits', () => {
  expect(lagShare({ ...idle, unacknowledged: 1, oldestAgeMs: 90 })).toBeCloseTo(0.9)
})

test('knows streams without bounds, and empty ones', () => {
  const unbounded = { maxBytes: Number.POSITIVE_INFINITY, maxAgeMs: Number.POSITIVE_INFINITY }
  expect(lagShare({ ...idle, ...unbounded, unacknowledged: 900, oldestAgeMs: 1e9 })).toBe(0)
  expect(lagShare({ ...idle, messages: 0, bytes: 0, unacknowledged: 3 })).toBe(0)
})
