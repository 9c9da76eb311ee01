import { expect, test } from 'vitest'
import { axisRange } from './value-range.ts'

const percent = { lowest: 0, highest: 100 }

test('leaves a tenth of air around what was read', () => {
  expect(axisRange({ lowest: 20, highest: 30 }, percent)).toEqual({ lowest: 19, highest: 31 })
})

test.each([
  ['constant', { lowest: 0, highest: 0 }],
  ['nearly constant', { lowest: 40, highest: 40.05 }],
])('shows a %s signal in the range of its event', (_what, read) => {
  expect(axisRange(read, percent)).toEqual({ lowest: -10, highest: 110 })
})

test('keeps a constant value beyond the range of its event on the axis', () => {
  const { lowest, highest } = axisRange({ lowest: 150, highest: 150 }, percent)
  expect(lowest).toBeLessThan(0)
  expect(highest).toBeGreaterThan(150)
})

test.each([
  [0, -1, 1],
  [-50, -55, -45],
])('shows a constant %d without a known range from %d to %d', (value, lowest, highest) => {
  expect(axisRange({ lowest: value, highest: value }, undefined)).toEqual({ lowest, highest })
})
