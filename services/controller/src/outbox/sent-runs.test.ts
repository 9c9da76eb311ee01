import { expect, test } from 'vitest'
import { countOf, RangeSet } from './range-set.ts'
import { SentRuns } from './sent-runs.ts'

test('knows exactly what the stream lost of the newest messages', () => {
  const sent = new SentRuns()
  for (let message = 1; message <= 10; message++) sent.add({ first: message, last: message }, 100 + message, message)
  const lost = sent.takeLost({ replaced: false, firstSeq: 104, lastSeq: 108 }, 10)
  expect(lost.map(({ first }) => first)).toEqual([1, 2, 3, 9, 10])
  expect(sent.takeLost({ replaced: false, firstSeq: 104, lastSeq: 108 }, 10)).toEqual([])
})

test('has a bounded memory for any number of messages, and never takes a lost one for kept', () => {
  const sent = new SentRuns()
  for (let message = 1; message <= 100_000; message++) sent.add({ first: message, last: message }, message, message)
  const lost = new RangeSet(sent.takeLost({ replaced: false, firstSeq: 40_000, lastSeq: 100_000 }, 100_000))
  expect(lost.ranges.length).toBeLessThan(4096)
  expect(countOf(lost.within(1, 39_999))).toBe(39_999)
  expect(lost.has(100_000)).toBe(false)
})
