import { SERIES_FILLS } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import { fillColumn, layOut } from './fill.ts'

const RANGE = { from: 0, to: 80, width: 10 }

/** Readings in the third, fourth and seventh interval of eight. */
const FOUND = [20, 30, 60]
const VALUES = [1, 4, -2]

test.each([
  { fill: 'none', time: [20, 30, 60], values: [1, 4, -2], counts: [2, 2, 2] },
  {
    fill: 'null',
    time: [0, 10, 20, 30, 40, 50, 60, 70],
    values: [null, null, 1, 4, null, null, -2, null],
    counts: [0, 0, 2, 2, 0, 0, 2, 0],
  },
  { fill: 'previous', time: [20, 30, 40, 50, 60], values: [1, 4, 4, 4, -2], counts: [2, 2, 0, 0, 2] },
  { fill: 'linear', time: [20, 30, 40, 50, 60], values: [1, 4, 2, 0, -2], counts: [2, 2, 0, 0, 2] },
] as const)('fills with $fill', ({ fill, time, values, counts }) => {
  const layout = layOut(FOUND, fill, RANGE)
  expect(layout.time).toEqual(time)
  const filled = fillColumn(VALUES, layout, fill, false)
  expect(filled).toHaveLength(values.length)
  for (const [place, value] of values.entries()) {
    if (value === null) expect(filled[place]).toBeNull()
    else expect(filled[place]).toBeCloseTo(value, 12)
  }
  expect(fillColumn([2, 2, 2], layout, fill, true)).toEqual(counts)
})

test.each(SERIES_FILLS.filter((fill) => fill !== 'null'))('makes nothing of nothing with %s', (fill) => {
  expect(layOut([], fill, RANGE)).toEqual({ time: [], places: [] })
})

test('keeps readings that lie ahead of the clock', () => {
  expect(layOut([20, 120], 'null', { from: 0, to: 30, width: 10 }).time.at(-1)).toBe(120)
})
