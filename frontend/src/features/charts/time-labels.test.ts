import { expect, test } from 'vitest'
import { describeResolution, formatSpan, timeLabels } from './time-labels.ts'

test.each([
  [[], ''],
  [[0], 'Every reading'],
  [[60], '1 min, min–max'],
  [[60, 3600], '1 min to 1 h, min–max'],
  [[0, 60], 'Readings and 1 min intervals, min–max'],
])('resolutions %j read "%s"', (resolutions, text) => {
  expect(describeResolution(resolutions)).toBe(text)
})

test.each([
  [1.5, '1.5 s'],
  [1200, '20 min'],
  [5400, '1.5 h'],
  [86_400, '1 day'],
  [604_800, '7 days'],
])('a span of %d s reads %s', (span, text) => {
  expect(formatSpan(span)).toBe(text)
})

test('the day stands where it begins, and not again', () => {
  const noon = 1_800_000_000
  const labels = timeLabels([noon, noon + 600, noon + 1200])
  expect(labels[0]).toContain('\n')
  expect(labels.slice(1).join('')).not.toContain('\n')
})
