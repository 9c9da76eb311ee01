import { expect, test } from 'vitest'
import { type Tick, TickSchedule } from './tick-schedule.ts'

/** A clock whose timers run when it is moved past them, each late by what the test says. */
function aClock(startMicros: number) {
  let now = startMicros
  let pending: { at: number; run: () => void } | undefined
  const ticks: { at: number; missed: number; intervalMs: number }[] = []
  const clock = {
    ticks,
    now: () => now,
    step: (micros: number) => {
      now += micros
      if (pending) pending.at += micros // what waits does not notice that the date was set
    },
    timers: {
      after: (ms: number, run: () => void) => {
        pending = { at: now + ms * 1000, run }
        return () => {
          pending = undefined
        }
      },
    },
    onTick: (due: readonly Tick[]) => {
      for (const { missed, intervalMs } of due) ticks.push({ at: now, missed, intervalMs })
    },
    /** Lets the next timer fire, so much late (or early, when negative). */
    fire: (lateMicros = 0) => {
      const due = pending
      if (due === undefined) throw new Error('nothing is scheduled')
      pending = undefined
      now = Math.max(now, due.at + lateMicros)
      due.run()
    },
  }
  return clock
}

const SECOND = 1_000_000

function aSchedule(intervalMs: number | readonly number[], startMicros = 10 * SECOND + 300_000) {
  const clock = aClock(startMicros)
  const intervalsMs = [intervalMs].flat()
  const schedule = new TickSchedule({ intervalsMs, now: clock.now, timers: clock.timers, onTick: clock.onTick })
  schedule.start()
  return { clock, schedule }
}

const timesOf = (clock: { ticks: { at: number }[] }) => clock.ticks.map(({ at }) => at)

test('ticks at the whole multiples of its interval', () => {
  const { clock } = aSchedule(1000)
  clock.fire()
  clock.fire()
  expect(clock.ticks).toEqual([
    { at: 11 * SECOND, missed: 0, intervalMs: 1000 },
    { at: 12 * SECOND, missed: 0, intervalMs: 1000 },
  ])
})

test('does not drift when every timer is late', () => {
  const { clock } = aSchedule(100, 10 * SECOND)
  for (let tick = 0; tick < 1000; tick++) clock.fire(7000)
  expect(clock.ticks).toHaveLength(1000)
  expect(clock.ticks.at(-1)).toEqual({ at: 10 * SECOND + 1000 * 100_000 + 7000, missed: 0, intervalMs: 100 })
})

test('counts what it missed and does not make up for it', () => {
  const { clock } = aSchedule(1000)
  clock.fire(3_400_000)
  clock.fire()
  expect(clock.ticks).toEqual([
    { at: 14_400_000, missed: 3, intervalMs: 1000 },
    { at: 15 * SECOND, missed: 0, intervalMs: 1000 },
  ])
})

test.each([-100, -900, -500_000])('waits on when a timer fires %i µs early, and ticks once', (early) => {
  const { clock } = aSchedule(1000)
  clock.fire(early)
  expect(clock.ticks).toEqual([])
  clock.fire()
  clock.fire()
  for (const [index, at] of timesOf(clock).entries()) {
    expect(at).toBeGreaterThanOrEqual((11 + index) * SECOND)
    expect(at).toBeLessThan((11 + index) * SECOND + 1000)
  }
  expect(clock.ticks).toHaveLength(2)
})

test.each([3600 * SECOND, -3600 * SECOND])('misses nothing when the clock is set by %i µs', (by) => {
  const { clock, schedule } = aSchedule(1000)
  clock.fire()
  clock.step(by)
  schedule.realign()
  clock.fire()
  expect(clock.ticks).toEqual([
    { at: 11 * SECOND, missed: 0, intervalMs: 1000 },
    { at: 12 * SECOND + by, missed: 0, intervalMs: 1000 },
  ])
})

test('ticks together where intervals have a multiple in common', () => {
  const clock = aClock(10 * SECOND)
  const seen: [number, number[]][] = []
  const onTick = (ticks: readonly Tick[]) => {
    seen.push([clock.now() / 1000 - 10_000, ticks.map(({ intervalMs }) => intervalMs)])
  }
  new TickSchedule({ intervalsMs: [200, 500, 1000], now: clock.now, timers: clock.timers, onTick }).start()
  for (let tick = 0; tick < 6; tick++) clock.fire()
  expect(seen).toEqual([
    [200, [200]],
    [400, [200]],
    [500, [500]],
    [600, [200]],
    [800, [200]],
    [1000, [200, 500, 1000]],
  ])
})

test('does nothing more after it was stopped', () => {
  const { clock, schedule } = aSchedule(1000)
  schedule.stop()
  expect(() => clock.fire()).toThrow('nothing is scheduled')
})
