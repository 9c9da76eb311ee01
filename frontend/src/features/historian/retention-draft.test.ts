import { expect, test } from 'vitest'
import { problemsOf, retentionText } from './retention-draft.ts'

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
