import { expect, test } from 'vitest'
import { isTyped } from './typed-word.ts'

test.each([
  ['Run 42', 'Run 42'],
  [' Run 42 ', 'Run 42'],
  ['Run 42', ' Run 42 '],
  ['Run 42', 'Run  42'],
])('“%s” confirms “%s”', (typed, word) => {
  expect(isTyped(typed, word)).toBe(true)
})

test.each(['', 'Run', 'run 42', 'Run42'])('“%s” does not confirm “Run 42”', (typed) => {
  expect(isTyped(typed, 'Run 42')).toBe(false)
})
