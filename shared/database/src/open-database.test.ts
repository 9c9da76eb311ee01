import { formatTime } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import { parseTimestamptz } from './open-database.ts'

test.each([
  ['2026-11-23 16:00:00.123456+00', '2026-11-23T16:00:00.123456Z'],
  ['2026-11-23 16:00:00.5+00', '2026-11-23T16:00:00.500000Z'],
  ['2026-11-23 16:00:00+00', '2026-11-23T16:00:00Z'],
])('reads %s to the microsecond', (text, expected) => {
  expect(formatTime(parseTimestamptz(text))).toBe(expected)
})

test.each(['2026-11-23 16:00:00+01', 'infinity'])('refuses %s', (text) => {
  expect(() => parseTimestamptz(text)).toThrow(RangeError)
})
