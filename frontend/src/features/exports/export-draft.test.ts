import { expect, test } from 'vitest'
import { explainExport, FIRST_DRAFT, requestOf } from './export-draft.ts'

const experiment = { public_id: 'exp_1', name: 'Run 42' }

test('what a choice makes meaningless is not asked for', () => {
  const wideRaw = { ...FIRST_DRAFT, shape: 'wide', includeBad: true } as const
  expect(requestOf(wideRaw, { experiment })).toMatchObject({ experiment: 'exp_1', method: 'none', include_bad: false })
  const longMinutes = { ...FIRST_DRAFT, every: '1min', includeBad: true } as const
  expect(requestOf(longMinutes, { experiment })).toMatchObject({ method: 'none', include_bad: false })
  const parquet = { ...FIRST_DRAFT, format: 'parquet', metadata: true, includeBad: true } as const
  expect(requestOf(parquet, { experiment })).toMatchObject({ metadata: false, include_bad: true })
})

test('a wide table of intervals says what stands in its cells', () => {
  const draft = { ...FIRST_DRAFT, shape: 'wide', every: '10s', method: 'linear' } as const
  expect(requestOf(draft, { from: 'a', to: 'b', events: ['evt_1'] })).toEqual({
    from: 'a',
    to: 'b',
    events: ['evt_1'],
    format: 'csv',
    shape: 'wide',
    every: '10s',
    method: 'linear',
    include_bad: false,
    metadata: false,
    delivery: 'stream',
  })
  expect(explainExport(draft)).toMatch(/each 10 seconds, .* line between/)
})

test.each([
  [{ shape: 'long', every: 'raw' } as const, /each reading/],
  [{ shape: 'long', every: '1h' } as const, /each signal and hour: count/],
  [{ shape: 'wide', every: 'raw' } as const, /each moment/],
])('explains %j', (choice, text) => {
  expect(explainExport({ ...FIRST_DRAFT, ...choice })).toMatch(text)
})
