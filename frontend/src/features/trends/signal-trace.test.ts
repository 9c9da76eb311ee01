import { expect, test } from 'vitest'
import { appendPoint, dropBefore, mergeHistory, type SignalTrace, thin } from './signal-trace.ts'

const trace = (...points: [time: number, value: number | null][]): SignalTrace => ({
  times: points.map(([time]) => time),
  values: points.map(([, value]) => value),
})
const every = (step: number, count: number, from = 0): SignalTrace =>
  trace(...Array.from({ length: count }, (_, index): [number, number] => [from + index * step, index]))

test('joins the stored past and the live present without doubles', () => {
  const live = trace([2, 20], [3, 30], [4, 40])
  const history = [
    { time: 1, value: 1 },
    { time: 3, value: 3 },
  ]
  expect(mergeHistory(history, live)).toEqual(trace([1, 1], [3, 3], [4, 40]))
})

test('fills what was missed while the connection was away', () => {
  const live = trace([1, 1], [2, 2], [9, 9])
  const history = [1, 2, 3, 4, 5, 6, 7, 8].map((time) => ({ time, value: time }))
  expect(mergeHistory(history, live).times).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('keeps the live points when nothing is stored', () => {
  expect(mergeHistory([], trace([1, 1]))).toEqual(trace([1, 1]))
})

test('takes only newer points', () => {
  const before = trace([5, 5])
  expect(appendPoint(before, { time: 5, value: 6 })).toBe(before)
  expect(appendPoint(before, { time: 6, value: null })).toEqual(trace([5, 5], [6, null]))
})

test('drops what left the window but for the point at which the line enters it', () => {
  expect(dropBefore(every(1, 6), 3).times).toEqual([3, 4, 5])
  expect(dropBefore(every(1, 6), 2.5).times).toEqual([2, 3, 4, 5])
})

test('thins a long trace to its lowest and highest values and keeps its faults', () => {
  const long = trace([0, 5], [1, 9], [2, 1], [3, 5], [4, null], [5, 2], [6, 2], [7, 3])
  expect(thin(long, 7)).toEqual(trace([1, 9], [2, 1], [4, null], [5, 2], [7, 3]))
  expect(thin(long, 8)).toBe(long)
})
