import { expect, test } from 'vitest'
import { decimalsFor, formatAge, formatBytes, formatDuration, formatTimestamp, formatValue } from './format.ts'

test.each([
  [100, 1],
  [2000, 0],
  [10, 2],
  [1, 3],
  [250, 1],
  [0.5, 4],
  [0, 2],
  [Number.NaN, 2],
])('a range of %d is shown with %d decimals', (span, decimals) => {
  expect(decimalsFor(span)).toBe(decimals)
})

test.each([
  [23.456, 1, '23.5'],
  [-0.5, 2, '-0.50'],
  [12_345.6, 0, '12,346'],
  [3e12, 2, '3.000e+12'],
])('%d with %d decimals reads %s', (value, decimals, text) => {
  expect(formatValue(value, decimals)).toBe(text)
})

test.each([
  [-500, 'just now'],
  [1999, 'just now'],
  [2000, '2 s ago'],
  [59_999, '59 s ago'],
  [180_000, '3 min ago'],
  [7_300_000, '2 h ago'],
  [5 * 86_400_000, '5 d ago'],
])('an age of %d ms reads %s', (ageMs, text) => {
  expect(formatAge(ageMs)).toBe(text)
})

test.each([
  [999, '999 B'],
  [18_400, '18 kB'],
  [1_440_000, '1.4 MB'],
  [2_500_000_000, '2.5 GB'],
])('%d bytes read %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

test.each([
  [5000, '5 s'],
  [200_000, '3 min 20 s'],
  [7_500_000, '2 h 5 min'],
  [273_600_000, '3 d 4 h'],
])('%d ms last %s', (durationMs, text) => {
  expect(formatDuration(durationMs)).toBe(text)
})

test('a moment that is not there has a dash', () => {
  expect(formatTimestamp(null)).toBe('—')
  expect(formatTimestamp('2026-11-23T16:12:13.408444Z')).toMatch(/2026/)
})
