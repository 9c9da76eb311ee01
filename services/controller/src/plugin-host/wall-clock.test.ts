import { expect, test } from 'vitest'
import { WallClock } from './wall-clock.ts'

/** A machine whose date can be set, and whose monotonic clock cannot. */
function aMachine() {
  const sources = {
    nowMs: 5000,
    dateMs: 1_700_000_000_000,
    monotonicMs: () => sources.nowMs,
    wallMs: () => Math.floor(sources.dateMs),
  }
  const clock = new WallClock(sources)
  return {
    clock,
    pass: (ms: number) => {
      sources.nowMs += ms
      sources.dateMs += ms
    },
    setDate: (byMs: number) => {
      sources.dateMs += byMs
    },
    errorMs: () => clock.now() / 1000 - sources.dateMs,
  }
}

test('shows the date to within a millisecond, and advances between its milliseconds', () => {
  const { clock, pass, errorMs } = aMachine()
  const before = clock.now()
  pass(0.25)
  expect(clock.now() - before).toBe(250)
  expect(Math.abs(errorMs())).toBeLessThan(1)
})

test('follows small corrections of the date without a jump', () => {
  const { clock, pass, setDate, errorMs } = aMachine()
  setDate(40)
  let last = clock.now()
  for (let second = 0; second < 20; second++) {
    pass(1000)
    expect(clock.adjust()).toBe('steady')
    expect(clock.now() - last).toBeGreaterThanOrEqual(1_000_000)
    expect(clock.now() - last).toBeLessThanOrEqual(1_005_000)
    last = clock.now()
  }
  expect(Math.abs(errorMs())).toBeLessThan(3)
})

test('never runs backwards when the date is set back by less than a second', () => {
  const { clock, pass, setDate, errorMs } = aMachine()
  setDate(-900)
  let last = clock.now()
  for (let second = 0; second < 300; second++) {
    pass(1000)
    clock.adjust()
    expect(clock.now()).toBeGreaterThan(last)
    last = clock.now()
  }
  expect(Math.abs(errorMs())).toBeLessThan(3)
})

test.each([-3_600_000, 3_600_000])('takes a date that was set by %i ms over at once, and says so', (byMs) => {
  const { clock, setDate, errorMs } = aMachine()
  setDate(byMs)
  expect(clock.adjust()).toBe('stepped')
  expect(Math.abs(errorMs())).toBeLessThan(1)
  expect(clock.adjust()).toBe('steady')
})
