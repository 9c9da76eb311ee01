import { expect, test } from 'vitest'
import { isWorthSending, type SentReading, sentReading } from './deadband.ts'

const PLAN = { deadband: 0.5, maxSilenceMs: 60_000, intervalMs: 1000 }
const at = (seconds: number, value: number | null, quality: readonly ('bad' | 'simulated')[] = []): SentReading =>
  sentReading({ channel: 'level', value, quality }, seconds * 1e6)
const before = at(0, 10)

test.each<[string, SentReading, boolean]>([
  ['smaller change', at(1, 10.4), false],
  ['no change', at(1, 10), false],
  ['change as large as the deadband', at(1, 10.5), true],
  ['change downwards', at(1, 9), true],
  ['change of quality alone', at(1, 10, ['simulated']), true],
  ['value that is missing', at(1, null, ['bad']), true],
  ['silence as long as allowed', at(60, 10), true],
  ['silence a little shorter, because cycles are not exact', at(59.99, 10), true],
  ['silence shorter by a cycle', at(59, 10), false],
])('%s', (_what, next, isWorth) => {
  expect(isWorthSending(before, next, PLAN)).toBe(isWorth)
})

test('sends everything without a deadband, and only what differs with one of 0', () => {
  expect(isWorthSending(before, at(1, 10), { ...PLAN, deadband: undefined })).toBe(true)
  expect(isWorthSending(before, at(1, 10), { ...PLAN, deadband: 0 })).toBe(false)
  expect(isWorthSending(before, at(1, 10.000001), { ...PLAN, deadband: 0 })).toBe(true)
})

test('lets slow drift out, since changes are measured from what was sent', () => {
  let sent = before
  const drifting = Array.from({ length: 100 }, (_, index) => at(index / 10, 10 + index / 100))
  const out = drifting.filter((next) => {
    const isWorth = isWorthSending(sent, next, PLAN)
    if (isWorth) sent = next
    return isWorth
  })
  expect(out.map(({ value }) => value)).toEqual([10.5])
})

test('repeats a value that stays missing no more than one that stays', () => {
  expect(isWorthSending(at(0, null, ['bad']), at(1, null, ['bad']), PLAN)).toBe(false)
})
