import type { Calibration } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import { calibrate } from './calibration.ts'

const table = (...points: [number, number][]): Calibration => ({
  kind: 'table',
  points: points.map(([measured, reference]) => ({ measured, reference })),
})

/** Spread over orders of magnitude, the same at every run. */
const MEASURED = Array.from({ length: 400 }, (_, index) => Math.sin(index * 12.9898) * 10 ** ((index % 9) - 3))

test.each<[string, Calibration, number, number]>([
  ['linear', { kind: 'linear', scale: 2, offset: -1 }, 3, 5],
  ['polynomial, from the constant upwards', { kind: 'polynomial', coefficients: [1, 2, 3] }, 2, 17],
  ['a point of a table', table([0, 1], [10, 21], [20, 31]), 10, 21],
  ['between points', table([0, 1], [10, 21], [20, 31]), 5, 11],
  ['below the first point, on the first line', table([0, 1], [10, 21], [20, 31]), -5, -9],
  ['above the last point, on the last line', table([0, 1], [10, 21], [20, 31]), 25, 36],
])('%s', (_what, calibration, measured, expected) => {
  expect(calibrate(calibration, measured)).toBeCloseTo(expected, 12)
})

test('a line is the same line as polynomial and as table', () => {
  for (const measured of MEASURED) {
    const line = calibrate({ kind: 'linear', scale: 1.5, offset: 4 }, measured)
    expect(calibrate({ kind: 'polynomial', coefficients: [4, 1.5] }, measured)).toBeCloseTo(line, 6)
    expect(calibrate(table([-2, 1], [0, 4], [1, 5.5], [100, 154]), measured)).toBeCloseTo(line, 6)
  }
})

test('a table whose references are what was measured changes nothing', () => {
  const points = [...new Set(MEASURED)].sort((a, b) => a - b).map((x): [number, number] => [x, x])
  for (const measured of [...MEASURED, -1e9, 1e9])
    expect(calibrate(table(...points), measured)).toBeCloseTo(measured, 3)
})

test('a rising table keeps the order of what is measured, and meets its points', () => {
  const points = Array.from({ length: 1000 }, (_, index): [number, number] => [index, Math.sqrt(index)])
  const rising = table(...points)
  for (const [measured, reference] of points) expect(calibrate(rising, measured)).toBe(reference)
  const sorted = [...MEASURED].sort((a, b) => a - b)
  const calibrated = sorted.map((measured) => calibrate(rising, measured))
  expect(calibrated).toEqual([...calibrated].sort((a, b) => a - b))
})

test('a table with the same measured value twice gives no number that is made up', () => {
  expect(calibrate(table([1, 1], [1, 2]), 1)).toBe(2)
  expect(Number.isFinite(calibrate(table([1, 1], [1, 2]), 3))).toBe(false)
})
