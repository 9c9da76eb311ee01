import { expect, test } from 'vitest'
import { seededRandom } from './random.ts'

const draws = (seed: string, count: number): number[] => {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => random.normal())
}

test('draws the same numbers for the same seed, in every process', () => {
  expect(draws('Reactor', 3)).toEqual(draws('Reactor', 3))
  expect(seededRandom('Reactor').uniform()).toBeCloseTo(0.673_093_469_580_635_4, 12)
})

test('draws other numbers for another seed', () => {
  expect(draws('Reactor', 3)).not.toEqual(draws('Reactor 2', 3))
})

test('is normally distributed', () => {
  const values = draws('statistics', 20_000)
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
  expect(mean).toBeCloseTo(0, 1)
  expect(variance).toBeCloseTo(1, 1)
})
