import fc from 'fast-check'
import { expect, test } from 'vitest'
import { contains, formatRanges, parseRanges, rangesOf } from './sequence-ranges.ts'

const numbers = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 40 })

test('covers exactly the numbers given, in the fewest ranges', () => {
  fc.assert(
    fc.property(numbers, (all) => {
      const ranges = rangesOf(all)
      for (let number = 0; number <= 61; number += 1) expect(contains(ranges, number)).toBe(all.includes(number))
      ranges.slice(1).forEach((range, index) => {
        expect(range.first).toBeGreaterThan((ranges[index]?.last ?? 0) + 1)
      })
    }),
  )
})

test('reads what it writes', () => {
  fc.assert(
    fc.property(numbers, (all) => {
      expect(parseRanges(formatRanges(rangesOf(all)))).toEqual(rangesOf(all))
    }),
  )
  expect(formatRanges([{ first: 1, last: 4 }])).toBe('{[1,5)}')
})
