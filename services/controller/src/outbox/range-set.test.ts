import { expect, test } from 'vitest'
import { countOf, RangeSet } from './range-set.ts'

/** Repeatable numbers from 0 to below the limit. */
function someNumbers(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state % limit
  }
}

test('holds what a set of single numbers holds, in as few ranges as there can be', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = someNumbers(seed)
    const ranges = new RangeSet()
    const numbers = new Set<number>()
    for (let step = 0; step < 100; step++) {
      const first = random(200)
      const last = first + random(20)
      const isAdded = random(2) === 0
      const removed = isAdded ? ranges.add(first, last) : ranges.remove(first, last)
      let gone = 0
      for (let number = first; number <= last; number++) {
        if (isAdded) numbers.add(number)
        else if (numbers.delete(number)) gone += 1
      }
      if (!isAdded) expect(countOf(removed ?? [])).toBe(gone)
    }
    expect(ranges.size).toBe(numbers.size)
    for (let number = 0; number < 230; number++) expect(ranges.has(number)).toBe(numbers.has(number))
    ranges.ranges.slice(1).forEach(({ first }, index) => {
      expect(first).toBeGreaterThan((ranges.ranges[index]?.last ?? 0) + 1)
    })
  }
})

test('takes one range for a million numbers in a row', () => {
  const ranges = new RangeSet()
  for (let number = 1; number <= 1_000_000; number++) ranges.add(number, number)
  expect(ranges.ranges).toEqual([{ first: 1, last: 1_000_000 }])
  expect(ranges.within(10, 12)).toEqual([{ first: 10, last: 12 }])
})
