import fc from 'fast-check'
import { expect, test } from 'vitest'
import { apart, without } from './retention-plan.ts'

const spans = fc.array(
  fc.tuple(fc.nat(40), fc.nat(12)).map(([from, length]) => ({ from, to: from + length })),
  { maxLength: 6 },
)
const lies = (at: number, all: readonly { from: number; to: number }[]): boolean =>
  all.some(({ from, to }) => at >= from && at < to)

test('leaves exactly what no kept span covers', () => {
  fc.assert(
    fc.property(spans, fc.nat(50), fc.nat(20), (kept, from, length) => {
      const left = without({ from, to: from + length }, apart(kept))
      for (let at = 0; at < 80; at += 1) {
        expect(lies(at, left)).toBe(at >= from && at < from + length && !lies(at, kept))
      }
    }),
  )
})

test('joins spans that meet, and keeps those apart that do not', () => {
  const joined = apart([
    { from: 5, to: 7 },
    { from: 0, to: 2 },
    { from: 2, to: 4 },
    { from: 6, to: 6 },
  ])
  expect(joined).toEqual([
    { from: 0, to: 4 },
    { from: 5, to: 7 },
  ])
})
