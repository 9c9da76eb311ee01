import type { LiveState } from '@webmacs/client'
import { expect, test } from 'vitest'
import type { LiveReading } from '../live/reading-store.ts'
import { legendHeading } from './legend-heading.ts'

const LIVE: LiveState = { status: 'live', source: 'live' }
const LOST: LiveState = { status: 'connecting', reason: 'Connection lost', nextAttemptAt: undefined }
const readingAt = (time: number): LiveReading => ({
  value: 1,
  time,
  quality: [],
  faultTime: undefined,
  intervalMs: 1000,
})
const second = 1_000_000

test('says now while one of the values is of the present', () => {
  expect(legendHeading([readingAt(0), readingAt(20 * second)], 21_000, LIVE)).toBe('Now')
  expect(legendHeading([], 21_000, LIVE)).toBe('Now')
})

test('tells the time of the newest value when all are stale', () => {
  expect(legendHeading([readingAt(0), readingAt(8 * second)], 60_000, LIVE)).toMatch(
    /^Stale – last value \d\d:\d\d:08$/,
  )
})

test('takes every value as stale while none can arrive', () => {
  expect(legendHeading([readingAt(20 * second)], 21_000, LOST)).toMatch(/^Stale – last value .*:20$/)
})
