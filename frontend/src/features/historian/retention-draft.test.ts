import { expect, test } from 'vitest'
import { lossOf, problemsOf, retentionText } from './retention-draft.ts'

test.each([
  [{ raw_days: 90, minute_days: 365 }, {}],
  [{ raw_days: null, minute_days: null }, {}],
  [{ raw_days: 90, minute_days: null }, {}],
  [{ raw_days: 0, minute_days: null }, { raw_days: 'Between 1 and 36,500 days' }],
  [{ raw_days: 90, minute_days: 30 }, { minute_days: 'Not shorter than readings' }],
  [{ raw_days: null, minute_days: 30 }, { minute_days: 'Not shorter than readings' }],
])('of %j is wrong: %j', (retention, problems) => {
  expect(problemsOf(retention)).toEqual(problems)
})

test('days read as people say them', () => {
  expect([null, 1, 90].map(retentionText)).toEqual(['for ever', 'for 1 day', 'for 90 days'])
})

test.each([
  [{ raw_days: 90, minute_days: null }, 'All readings older than 90 days will'],
  [
    { raw_days: 1, minute_days: 365 },
    'All readings older than 1 day and summaries by the minute older than 365 days will',
  ],
])('from for ever to %j is asked about', (draft, text) => {
  expect(lossOf({ raw_days: null, minute_days: null }, draft)).toMatch(text)
})

test('fewer days are asked about, by what they delete', () => {
  const stored = { raw_days: 90, minute_days: 365 }
  expect(lossOf(stored, { raw_days: 89, minute_days: 365 })).toMatch(/^All readings older than 89 days will/)
  expect(lossOf(stored, { raw_days: 90, minute_days: 364 })).toMatch(/^All summaries by the minute older than 364 days/)
})

test('keeping as long or longer asks nothing', () => {
  const stored = { raw_days: 90, minute_days: 365 }
  expect(lossOf(stored, stored)).toBeUndefined()
  expect(lossOf(stored, { raw_days: 91, minute_days: null })).toBeUndefined()
  expect(lossOf(stored, { raw_days: null, minute_days: null })).toBeUndefined()
})
