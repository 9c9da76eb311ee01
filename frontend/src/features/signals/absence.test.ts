import { expect, test } from 'vitest'
import { describeAbsence } from './absence.ts'

test.each([
  ['for the first half minute', true, true, 29_999, 'No reading yet'],
  ['then, when the others of its instance are read', true, true, 30_000, 'Not available here'],
  ['while its instance is not connected', false, true, 60_000, 'No reading yet'],
  ['while nothing of its instance is read', true, false, 60_000, 'No reading yet'],
])('says of a sensor without a reading, %s', (_when, isInstanceRunning, haveSiblingsReadings, waitedMs, text) => {
  expect(describeAbsence({ isInstanceRunning, haveSiblingsReadings, waitedMs })).toBe(text)
})
