import { expect, test } from 'vitest'
import { withGaps } from './gaps.ts'

const every = (step: number, count: number, from = 0): number[] =>
  Array.from({ length: count }, (_, index) => from + index * step)
/** Two points of each stretch, as the reduced past has them, anywhere in it. */
const reduced = (stretch: number, count: number, from = 0): number[] =>
  Array.from({ length: count }, (_, index) => {
    const start = from + index * stretch
    const places = [(index * 0.618) % 1, (index * 0.414 + 0.3) % 1].sort((a, b) => a - b)
    return places.map((place) => start + place * stretch)
  }).flat()
/** Where the line of readings at these times breaks. */
const breaksOf = (times: readonly number[]): number[] => {
  const shown = withGaps({ times, values: times.map(() => 1) })
  return shown.times.filter((_time, index) => shown.values[index] === null)
}

test.each([
  ['at 5 Hz', every(0.2, 50)],
  ['every minute', every(60, 50)],
  ['of a single point', [1]],
  ['that is reduced', reduced(12, 300)],
  ['that rises steadily and is reduced', every(12, 300).flatMap((start) => [start, start + 11.9])],
  ['with a reduced past and a fine present', [...reduced(12, 100), ...every(0.5, 400, 1200)]],
])('draws the line of a signal %s in one piece', (_what, times) => {
  expect(breaksOf(times)).toEqual([])
})

test('shows an outage as a gap', () => {
  expect(breaksOf([...every(1, 20), ...every(1, 20, 60)])).toEqual([39.5])
})

test('shows an outage of 31 s in the reduced hour', () => {
  const gaps = breaksOf([...reduced(12, 150), ...reduced(12, 150, 1831)])
  expect(gaps).toHaveLength(1)
  expect(gaps[0]).toBeGreaterThan(1800)
  expect(gaps[0]).toBeLessThan(1831)
})

test('shows an outage just before the newest reading', () => {
  expect(breaksOf([...every(1, 40), 70])).toHaveLength(1)
})
