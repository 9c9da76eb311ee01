import fc from 'fast-check'
import { expect, test } from 'vitest'
import { levelOf, MINUTE, SECOND, wholeIntervals, widthFor } from './widths.ts'

const YEAR = 365 * 86_400 * SECOND

test('cuts any range into as many intervals as asked for at most, and into two fifths of them at least', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 15.4, noNaN: true }).map((power) => Math.max(1, Math.floor(10 ** power))),
      fc.integer({ min: -70 * YEAR, max: 100 * YEAR }),
      fc.integer({ min: 2, max: 10_000 }),
      (span, from, points) => {
        const width = widthFor(span, points)
        const whole = wholeIntervals(from, from + span, width)
        const intervals = (whole.to - whole.from) / width
        expect(intervals).toBeLessThanOrEqual(points)
        if (width > 1) expect(intervals).toBeGreaterThanOrEqual(Math.floor((points - 1) / 2.5))
        expect(whole.from).toBeLessThanOrEqual(from)
        expect(whole.to).toBeGreaterThanOrEqual(from + span)
      },
    ),
  )
})

test.each([
  { span: '1 minute', seconds: 60, points: 500, width: 0.2, level: 0 },
  { span: '8 hours', seconds: 8 * 3600, points: 500, width: 60, level: 60 },
  { span: '10 days', seconds: 10 * 86_400, points: 500, width: 1800, level: 600 },
  { span: '100 days', seconds: 100 * 86_400, points: 500, width: 28_800, level: 14_400 },
  { span: 'a year', seconds: 365 * 86_400, points: 500, width: 86_400, level: 86_400 },
  { span: 'a thousand years', seconds: 365_250 * 86_400, points: 2, width: 500_000 * 86_400, level: 86_400 },
])('makes $width s of $span from rollups of $level s', ({ seconds, points, width, level }) => {
  expect(widthFor(seconds * SECOND, points)).toBe(width * SECOND)
  expect(levelOf(width * SECOND)).toBe(level)
})

test('makes none shorter than what can be read', () => {
  expect(widthFor(MINUTE, 500, MINUTE)).toBe(MINUTE)
})
