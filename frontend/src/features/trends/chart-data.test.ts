import { expect, test } from 'vitest'
import { alignTraces, extentOf, readingNear } from './chart-data.ts'

const steady = (from: number, to: number) => {
  const times = Array.from({ length: to - from + 1 }, (_, index) => from + index)
  return { times, values: times.map((time) => time * 10) }
}

test('lays signals with moments of their own over one axis', () => {
  const [moments, first, second] = alignTraces([
    { times: [1, 2], values: [10, 20] },
    { times: [1.5], values: [7] },
  ])
  expect(moments).toEqual([1, 1.5, 2])
  expect(first).toEqual([10, undefined, 20])
  expect(second?.[1]).toBe(7)
})

test('keeps a gap as wide as it was, though another signal was read meanwhile', () => {
  const early = steady(1, 20)
  const late = steady(41, 60)
  const broken = { times: [...early.times, ...late.times], values: [...early.values, ...late.values] }
  const [moments = [], values = []] = alignTraces([broken, steady(1, 60)])
  const within = [...moments].flatMap((moment, index) => (moment > 20 && moment < 41 ? [values[index]] : []))
  expect(within.length).toBeGreaterThan(18)
  expect(new Set(within)).toEqual(new Set([null]))
})

test('finds the reading nearest to the cursor, none where nothing was read', () => {
  const trace = { times: [10, 20, 30], values: [1, null, 3] }
  expect(readingNear(trace, 12, 5)).toEqual({ time: 10, value: 1 })
  expect(readingNear(trace, 20, 5)).toBeUndefined()
})

test('tells lowest and highest of what was read', () => {
  expect(extentOf({ times: [1, 2, 3], values: [5, null, -2] })).toEqual({ lowest: -2, highest: 5 })
  expect(extentOf({ times: [1], values: [null] })).toBeUndefined()
})
