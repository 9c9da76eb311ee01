import { expect, test } from 'vitest'
import { forecast, type Measured } from './holdings-forecast.ts'

const DAY = 86_400_000_000
const FOR_EVER = { raw_days: null, minute_days: null }
const measured = (overrides: Partial<Measured> = {}): Measured => ({
  ...{ datapoints: 1000, datapointBytes: 80_000, rollupBytes: 20_000, diskFreeBytes: 1_000_000, measuredOn: 5 * DAY },
  lastDay: 100,
  ...overrides,
})

test('says when the disk is full at the rate of the last day', () => {
  expect(forecast(measured(), FOR_EVER)).toEqual({ bytesPerDatapoint: 100, bytesPerDay: 10_000, fullOn: 105 * DAY })
})

test.each([
  ['there are no datapoints', measured({ datapoints: 0, datapointBytes: 0, rollupBytes: 0 })],
  ['the disk is not known', measured({ diskFreeBytes: null })],
  ['nothing is added', measured({ lastDay: 0 })],
  ['it is more than a hundred years off', measured({ diskFreeBytes: 1e12 })],
])('says nothing when %s', (_, given) => {
  expect(forecast(given, FOR_EVER).fullOn).toBeNull()
})

test.each([
  [{ raw_days: 100, minute_days: 100 }, null],
  [{ raw_days: 100, minute_days: 150 }, null],
  [{ raw_days: 100, minute_days: 200 }, 105 * DAY],
  [{ raw_days: 120, minute_days: 120 }, 105 * DAY],
  [{ raw_days: 100, minute_days: null }, 105 * DAY],
])('with a retention of %j it is full on %s', (retention, fullOn) => {
  expect(forecast(measured(), retention).fullOn).toBe(fullOn)
})
