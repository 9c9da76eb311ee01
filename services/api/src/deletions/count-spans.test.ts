import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countSpans } from './count-spans.ts'

const moment = fc.integer({ min: 0, max: 400 * 86_400_000_000 })

test('covers a range without a gap and without counting anything twice, each stretch by rollups that fit', () => {
  fc.assert(
    fc.property(moment, fc.integer({ min: 1, max: 40 * 86_400_000_000 }), (from, length) => {
      const spans = countSpans(from, from + length).toSorted((one, other) => one.from - other.from)
      expect(spans[0]?.from).toBe(from)
      expect(spans.at(-1)?.to).toBe(from + length)
      for (const [index, { by, from: start, to }] of spans.entries()) {
        if (index > 0) expect(start).toBe(spans[index - 1]?.to)
        if (by === 'raw') expect(to - start).toBeLessThan(120_000_000)
        else expect([start % (by * 1_000_000), to % (by * 1_000_000)]).toEqual([0, 0])
      }
    }),
  )
})
