import { expect, test } from 'vitest'
import { thinPoints } from './thin-points.ts'

const points = (count: number, value: (index: number) => number) =>
  Array.from({ length: count }, (_, index) => ({ ts: index * 1000, value: value(index) }))

test('leaves few points as they are', () => {
  const few = points(10, (index) => index)
  expect(thinPoints(few, 10)).toEqual(few)
  expect(thinPoints([], 10)).toEqual([])
})

test.each([10, 11, 499, 500, 2000])('gives at most %i of many, ascending, with the first and the last', (most) => {
  const many = points(7919, (index) => Math.sin(index / 50))
  const thinned = thinPoints(many, most)
  expect(thinned.length).toBeLessThanOrEqual(most)
  expect(thinned.length).toBeGreaterThan(most / 2)
  expect(thinned[0]).toBe(many[0])
  expect(thinned.at(-1)).toBe(many.at(-1))
  expect(thinned.map(({ ts }) => ts)).toEqual(thinned.map(({ ts }) => ts).toSorted((a, b) => a - b))
})

test.each([1, 42, 5000, 7917])('keeps a spike and a dip of one reading at %i', (position) => {
  const many = points(7919, (index) => (index === position ? 1000 : index === 7918 - position ? -1000 : 1))
  const values = thinPoints(many, 10).map(({ value }) => value)
  expect(values).toContain(1000)
  expect(values).toContain(-1000)
})

test('does not fill up with points that say nothing new', () => {
  expect(
    thinPoints(
      points(5000, () => 7),
      500,
    ).length,
  ).toBeLessThanOrEqual(251)
})
