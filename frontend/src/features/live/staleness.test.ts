import type { LiveState } from '@webmacs/client'
import { expect, test } from 'vitest'
import type { LiveReading } from './reading-store.ts'
import { isStale } from './staleness.ts'

const LIVE: LiveState = { status: 'live', source: 'live' }
const aReading = (fields: Partial<LiveReading> = {}): LiveReading => ({
  value: 1,
  time: 0,
  quality: [],
  faultTime: undefined,
  intervalMs: 1000,
  ...fields,
})

test.each([
  ['three missed readings', aReading({ intervalMs: 2000 }), 6000],
  ['three seconds at the least', aReading({ intervalMs: 100 }), 3000],
  ['ten seconds while the rhythm is unknown', aReading({ intervalMs: undefined }), 10_000],
])('waits for %s', (_what, reading, limitMs) => {
  expect(isStale(reading, limitMs, LIVE)).toBe(false)
  expect(isStale(reading, limitMs + 1, LIVE)).toBe(true)
})

test('allows for the pace of polling', () => {
  const polling: LiveState = { status: 'polling', reason: 'Connection lost', nextAttemptAt: undefined }
  expect(isStale(aReading(), 5900, polling)).toBe(false)
})

test.each<LiveState>([
  { status: 'connecting', reason: 'Connection lost', nextAttemptAt: 1000 },
  { status: 'live', source: 'stale' },
  { status: 'stopped', reason: 'closed' },
])('takes everything as stale while no value can arrive: %j', (state) => {
  expect(isStale(aReading(), 1, state)).toBe(true)
})

test('takes a value beside a fault as stale', () => {
  expect(isStale(aReading({ faultTime: 5 }), 10, LIVE)).toBe(true)
})
