import { afterEach, expect, test, vi } from 'vitest'
import { formatTime, nowMicros, parseMoment, parseTime } from './time.ts'

test.each([
  ['2026-11-23T16:12:13.408444Z', 1_795_450_333_408_444],
  ['2026-11-23T16:12:13Z', 1_795_450_333_000_000],
  ['2026-11-23T16:12:13.5Z', 1_795_450_333_500_000],
  ['1969-12-31T23:59:59.999999Z', -1],
])('reads %s to the microsecond', (text, micros) => {
  expect(parseTime(text)).toBe(micros)
})

test.each([
  '2026-11-23T16:12:13',
  '2026-11-23T16:12:13+01:00',
  '2026-13-23T16:12:13Z',
  '2026-11-23 16:12:13Z',
  '2026-11-23T16:12:13.1234567Z',
  '2026-02-30T00:00:00Z',
  'yesterday',
  '',
])('refuses %j', (text) => {
  expect(parseTime(text)).toBeUndefined()
})

test.each([1_795_450_333_408_444, 0, -1, 1_795_450_333_000_001])(
  'writes %i so that it is read back as it was',
  (micros) => {
    expect(parseTime(formatTime(micros))).toBe(micros)
  },
)

test('leaves the fraction out when it is exactly zero', () => {
  expect(formatTime(1_795_450_333_000_000)).toBe('2026-11-23T16:12:13Z')
})

test('says now within a second of the clock', () => {
  expect(Math.abs(nowMicros() / 1000 - Date.now())).toBeLessThan(1000)
})

afterEach(() => {
  vi.useRealTimers()
})

test.each([3_600_000, -3_600_000])('follows the date when it is set by %i ms', (byMs) => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + byMs })
  expect(Math.abs(nowMicros() / 1000 - Date.now())).toBeLessThanOrEqual(2)
  vi.useRealTimers()
  expect(Math.abs(nowMicros() / 1000 - Date.now())).toBeLessThanOrEqual(2)
})

test('passes between two milliseconds of the date', () => {
  const times = new Set(Array.from({ length: 1000 }, () => nowMicros()))
  expect(times.size).toBeGreaterThan(20)
})

test.each([
  ['2026-11-23', '2026-11-23T00:00:00Z'],
  ['2026-11-23T16:12', '2026-11-23T16:12:00Z'],
  ['2026-11-23 16:12:13', '2026-11-23T16:12:13Z'],
  ['2026-11-23T16:12:13.5', '2026-11-23T16:12:13.500000Z'],
  ['2026-11-23T16:12:13.1234567Z', '2026-11-23T16:12:13.123456Z'],
  ['2026-11-23T16:12:13+02:00', '2026-11-23T14:12:13Z'],
  ['2026-11-23T16:12:13.000001-0530', '2026-11-23T21:42:13.000001Z'],
])('reads %s as people mean it', (text, expected) => {
  expect(formatTime(parseMoment(text) ?? 0)).toBe(expected)
})

test.each(['', 'now', '2026-02-30', '2026-11-23T25:00', '23.11.2026', '1700000000'])(
  'takes %j for no moment',
  (text) => {
    expect(parseMoment(text)).toBeUndefined()
  },
)
