import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mergeRollups, type Rollup, rollupOf, SATURATION } from './rollup.ts'
import { RollupAccumulator } from './rollup-accumulator.ts'

const MINUTE = 60_000_000
// Whole numbers, so that sums are exact whatever the order.
const readings = fc.uniqueArray(
  fc.record({ time: fc.integer({ min: 0, max: 3 * MINUTE }), value: fc.integer({ min: -1000, max: 1000 }) }),
  { minLength: 1, maxLength: 40, selector: ({ time }) => time },
)

const merged = (all: readonly { time: number; value: number }[]): Rollup =>
  all.map(({ time, value }) => rollupOf(value, time)).reduce(mergeRollups)

test('gives the same rollup in whatever order readings come', () => {
  fc.assert(
    fc.property(
      readings.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
      ([all, shuffled]) => {
        expect(merged(shuffled)).toEqual(merged(all))
      },
    ),
  )
})

test('gives the same rollup however readings are grouped into batches', () => {
  fc.assert(
    fc.property(readings, fc.nat(), (all, at) => {
      const cut = at % all.length
      const [left, right] = [all.slice(0, cut), all.slice(cut)]
      const whole = left.length === 0 ? merged(right) : mergeRollups(merged(left), merged(right))
      expect(whole).toEqual(merged(all))
    }),
  )
})

test('accumulates per event and minute what merging single readings gives', () => {
  fc.assert(
    fc.property(readings, (all) => {
      const accumulator = new RollupAccumulator()
      for (const { time, value } of all) accumulator.add(7, value, time)
      const rollups = accumulator.inKeyOrder()
      expect(rollups.map(({ bucket }) => bucket)).toEqual(rollups.map(({ bucket }) => bucket).sort((a, b) => a - b))
      for (const { bucket, rollup } of rollups) {
        expect(rollup).toEqual(merged(all.filter(({ time }) => time >= bucket && time < bucket + MINUTE)))
      }
    }),
  )
})

test('stops sums of huge values short of overflow', () => {
  const huge = merged([1, 2, 3].map((time) => ({ time, value: Number.MAX_VALUE })))
  expect(huge).toMatchObject({ count: 3, sum: SATURATION, sumSq: SATURATION, max: Number.MAX_VALUE })
})
