import { expect, test } from 'vitest'
import { datapointId, parseDatapointId } from './datapoint-id.ts'
import { type EventId, parseTime } from './index.ts'

const event = 'evt_7k2m9q4tx3ab' as EventId

test('names a datapoint by event and time, to the microsecond', () => {
  const time = parseTime('2026-11-23T16:00:00.123456Z') ?? 0
  const id = datapointId({ event, time })
  expect(id).toMatch(/^dp_7k2m9q4tx3ab_[0-9a-z]+$/)
  expect(parseDatapointId(id)).toEqual({ event, time })
})

test.each([
  '',
  'dp_',
  'evt_7k2m9q4tx3ab',
  'dp_7k2m9q4tx3ab',
  'dp_7k2m9q4tx3ab_',
  'dp_7k2m9q4tx3ab_01',
  'dp_7K2M9Q4TX3AB_1',
  'dp_7k2m9q4tx3ab_zzzzzzzzzzz',
  'dp_7k2m9q4tx3ab_1_2',
])('%j is no datapoint', (id) => {
  expect(parseDatapointId(id)).toBeUndefined()
})
