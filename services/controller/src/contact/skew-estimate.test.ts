import { expect, test } from 'vitest'
import { SkewEstimate } from './skew-estimate.ts'

const SECOND = 1_000_000

test('knows nothing at first and counts that as none', () => {
  expect(new SkewEstimate().skew).toBe(0)
})

test('takes both ways of a question as equally long', () => {
  const estimate = new SkewEstimate()
  estimate.add({ asked: 100 * SECOND, server: 103 * SECOND, answered: 102 * SECOND })
  expect(estimate.skew).toBe(2 * SECOND)
})

test('is the median of the last fifteen, so that a slow answer moves nothing', () => {
  const estimate = new SkewEstimate()
  const add = (offset: number): void => estimate.add({ asked: 0, server: offset, answered: 0 })
  for (let one = 0; one < 20; one++) add(-900)
  for (const offset of [10, 12, 11, 5000]) add(offset)
  expect(estimate.skew).toBe(-900)
  for (let one = 0; one < 11; one++) add(11)
  expect(estimate.skew).toBe(11)
})

test('forgets what it measured before the date was set', () => {
  const estimate = new SkewEstimate()
  expect(estimate.noticeStep(100 * SECOND, 1000)).toBe(false)
  estimate.add({ asked: 100 * SECOND, server: 130 * SECOND, answered: 100 * SECOND })
  expect(estimate.noticeStep(101 * SECOND, 2000)).toBe(false)
  expect(estimate.skew).toBe(30 * SECOND)
  expect(estimate.noticeStep(132 * SECOND, 3000)).toBe(true)
  expect(estimate.skew).toBe(0)
})
