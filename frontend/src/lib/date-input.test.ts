import { expect, test } from 'vitest'
import { inputOf, momentOf } from './date-input.ts'

test('a moment comes back from its input to the second', () => {
  expect(momentOf(inputOf(1_800_000_000.7))).toBe(1_800_000_000)
})

test('an empty input is no moment', () => {
  expect(momentOf('')).toBeUndefined()
  expect(momentOf('soon')).toBeUndefined()
})
