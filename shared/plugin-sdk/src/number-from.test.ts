import { expect, test } from 'vitest'
import { numberFrom } from './number-from.ts'

test.each([
  [21.5, 'float', 21.5],
  [true, 'bool', 1],
  [' -3.5e2 ', 'float', -350],
  ['ON', 'bool', 1],
  ['off', 'bool', 0],
  ['on', 'float', undefined],
  ['21,5', 'float', undefined],
  ['', 'float', undefined],
  [null, 'float', undefined],
  [[1], 'float', undefined],
] as const)('finds in %j as %s', (value, dataType, number) => {
  expect(numberFrom(value, dataType)).toBe(number)
})
