import type { DataType } from '@webmacs/plugin-sdk'
import { expect, test } from 'vitest'
import { asRaw } from './values.ts'

test.each<[unknown, DataType, number | undefined]>([
  [21.5, 'float', 21.5],
  [true, 'bool', 1],
  [' -2.5e1 ', 'float', -25],
  ['on', 'bool', 1],
  ['No', 'bool', 0],
  ['on', 'float', undefined],
  ['', 'float', undefined],
  ['21,5', 'float', undefined],
  ['0x10', 'int', undefined],
  [null, 'float', undefined],
  [[3], 'float', undefined],
  [{}, 'bool', undefined],
])('takes %j as %s for %s', (value, dataType, raw) => {
  expect(asRaw(value, dataType)).toBe(raw)
})
