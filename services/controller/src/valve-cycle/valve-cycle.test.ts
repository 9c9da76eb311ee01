import { type DesiredValveCycle, formatTime, newId, type ReportedValveCycle } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import { FakeTime } from '../testing/fake-time.ts'
import type { Valve, ValveOutcome, ValveSetting } from './cycle-run.ts'
import { ValveCycle } from './valve-cycle.ts'

const DONE: ValveOutcome = { problem: undefined, isTaken: false }

/** What a valve does with one value: when it is written, when it is known, and what came of it. */
interface Deed extends Partial<ValveOutcome> {
  readonly writtenMs?: number
  readonly doneMs?: number
}

interface Script {
  /** Of each value that the valve is given, in order; what is left out works at once. */
  readonly deeds?: readonly Deed[]
  readonly openSeconds?: number | null
  readonly closeSeconds?: number | null
}

/** A cycle on a valve that does what the script says, and the times of all that happened, in milliseconds. */
function aCycle({ deeds = [], openSeconds = 2, closeSeconds = 3 }: Script = {}) {
  const time = new FakeTime()
  const happened: string[] = []
  const states: (ReportedValveCycle | undefined)[] = []
  const note = (what: string) => happened.push(`${time.now() / 1000} ${what}`)
  const left = [...deeds]
  const set = (value: 0 | 1): ValveSetting => {
    note(`valve=${value}`)
    const { writtenMs = 0, doneMs = writtenMs, ...outcome } = left.shift() ?? {}
    const later = (ms: number) =>
      ms === 0 ? Promise.resolve() : new Promise<void>((resolve) => time.after(ms, resolve))
    return { written: later(writtenMs), done: later(doneMs).then(() => ({ ...DONE, ...outcome })) }
  }
  const valve: Valve = { set, makeSafe: () => void note('safe') }
  const cycle = new ValveCycle({
    valve: () => valve,
    resetButton: () => void note('button=0'),
    report: (state) => states.push(state),
    now: time.now,
    timers: time,
    log: { info: () => undefined, warn: () => undefined },
  })
  const opened = formatTime(time.now())
  const desired: DesiredValveCycle = {
    button: newId('evt'),
    opened: newId('evt'),
    closed: newId('evt'),
    valve: { event: newId('evt'), instance: newId('plg'), channel: 'valve' },
    ...{
      open_seconds: openSeconds,
      open_seconds_time: opened,
      close_seconds: closeSeconds,
      close_seconds_time: opened,
    },
  }
  cycle.apply(desired)
  happened.length = 0 // the button is set back at the start
  let stamp = 1
  const say = (event: DesiredValveCycle['button'] | null, value: number) => {
    if (event !== null) cycle.hear({ source: 'api-0', event, value, time: time.now() + stamp++ })
  }
  return {
    ...{ cycle, time, desired, happened, say },
    press: () => say(desired.button, 1),
    release: () => say(desired.button, 0),
    state: () => states.at(-1),
    phases: () => states.map((state) => state?.phase ?? 'none'),
  }
}

const MINUTE = 60_000

test('opens, waits, closes, waits, and sets the button back', async () => {
  const { press, time, happened, phases, state } = aCycle()
  press()
  await time.advance(MINUTE)
  expect(happened).toEqual(['0 valve=1', '2000 valve=0', '5000 button=0'])
  expect(phases()).toEqual(['idle', 'open', 'closed', 'idle'])
  expect(state()?.error_message).toBeNull()
})

test.each([
  ['one second each where nobody said', null, null, ['0 valve=1', '1000 valve=0', '2000 button=0']],
  ['zero is zero', 0, 0, ['0 valve=1', '0 valve=0', '0 button=0']],
  ['less than nothing is nothing', -5, -1, ['0 valve=1', '0 valve=0', '0 button=0']],
  ['fractions', 0.25, 0.5, ['0 valve=1', '250 valve=0', '750 button=0']],
  ['an hour', 3600, 0, ['0 valve=1', '3600000 valve=0', '3600000 button=0']],
])('keeps the times: %s', async (_, openSeconds, closeSeconds, expected) => {
  const { press, time, happened } = aCycle({ openSeconds, closeSeconds })
  press()
  await time.advance(4_000_000)
  expect(happened).toEqual(expected)
})

test.each([
  ['open time', { openSeconds: 3601 }],
  ['close time', { closeSeconds: 3601 }],
])('does not open with an %s of more than an hour', async (what, script) => {
  const { press, time, happened, state } = aCycle(script)
  press()
  await time.advance(MINUTE)
  expect(happened).toEqual(['0 button=0'])
  expect(state()).toMatchObject({ phase: 'idle', error_message: expect.stringContaining(`The ${what} is 3601 s`) })
})

test('counts the open time from when the device was given the value, not from the read-back', async () => {
  const { press, time, happened } = aCycle({ deeds: [{ writtenMs: 500, doneMs: 1500 }] })
  press()
  await time.advance(MINUTE)
  expect(happened).toEqual(['0 valve=1', '2500 valve=0', '5500 button=0'])
})

test.each([
  ['before the device was given the value', 100, [{ writtenMs: 500 }], ['0 valve=1', '100 valve=0', '100 button=0']],
  ['while it is open', 1200, [], ['0 valve=1', '1200 valve=0', '1200 button=0']],
  ['while it is being closed', 2100, [{}, { writtenMs: 400 }], ['0 valve=1', '2000 valve=0', '2400 button=0']],
  ['while it is closed', 3000, [], ['0 valve=1', '2000 valve=0', '3000 button=0']],
])('ends at once when the button is released %s', async (_, atMs, deeds, expected) => {
  const { press, release, time, happened, state } = aCycle({ deeds })
  press()
  await time.advance(atMs)
  release()
  await time.advance(MINUTE)
  expect(happened).toEqual(expected)
  expect(state()).toMatchObject({ phase: 'idle', error_message: null })
})

const BROKEN = { problem: 'The device has 0.4.' }
const NOT_OPENED = 'The valve could not be opened: The device has 0.4.'
const NOT_CLOSED = 'The valve could not be closed: The device has 0.4.'

test.each([
  ['opening at once', [BROKEN], ['0 valve=1', '0 valve=0', '0 button=0'], NOT_OPENED],
  [
    'the read-back of the open valve',
    [{ doneMs: 700, ...BROKEN }],
    ['0 valve=1', '700 valve=0', '700 button=0'],
    NOT_OPENED,
  ],
  [
    'closing',
    [{}, BROKEN],
    ['0 valve=1', '2000 valve=0', '2000 button=0', '2000 safe', '3000 valve=0', '3000 button=0'],
    NOT_CLOSED,
  ],
  [
    'closing, again and again',
    [{}, BROKEN, BROKEN, BROKEN, BROKEN],
    [
      ...['0 valve=1', '2000 valve=0', '2000 button=0', '2000 safe', '3000 valve=0', '5000 valve=0'],
      ...['9000 valve=0', '9000 button=0'],
    ],
    NOT_CLOSED,
  ],
  [
    'the read-back of the closed valve',
    [{}, { doneMs: 400, ...BROKEN }],
    ['0 valve=1', '2000 valve=0', '2400 button=0', '2400 safe', '3400 valve=0', '3400 button=0'],
    NOT_CLOSED,
  ],
  [
    'opening and closing',
    [BROKEN, BROKEN],
    ['0 valve=1', '0 valve=0', '0 button=0', '0 safe', '1000 valve=0', '1000 button=0'],
    `${NOT_OPENED} ${NOT_CLOSED}`,
  ],
  [
    'closing, because somebody else set the valve',
    [{}, { ...BROKEN, isTaken: true }],
    ['0 valve=1', '2000 valve=0', '2000 button=0'],
    NOT_CLOSED,
  ],
])('ends closed, says why and does not open again after a failure of %s', async (_, deeds, expected, problem) => {
  const { press, time, happened, state } = aCycle({ deeds })
  press()
  await time.advance(MINUTE)
  expect(happened).toEqual(expected)
  expect(state()).toMatchObject({ phase: 'idle', error_message: problem })
})

test('begins anew with a press after a failure, which is forgotten then', async () => {
  const { press, time, happened, state } = aCycle({ deeds: [BROKEN] })
  press()
  await time.advance(MINUTE)
  happened.length = 0
  press()
  await time.advance(MINUTE)
  expect(happened).toEqual(['60000 valve=1', '62000 valve=0', '65000 button=0'])
  expect(state()?.error_message).toBeNull()
})

test('does nothing about a press while it runs, not even later', async () => {
  const { press, time, happened } = aCycle()
  press()
  await time.advance(1000)
  press()
  await time.advance(MINUTE)
  expect(happened).toEqual(['0 valve=1', '2000 valve=0', '5000 button=0'])
})

test('takes times from readings as they come, and from a newer wish, without an end to what runs', async () => {
  const { cycle, press, say, desired, time, happened } = aCycle()
  press()
  say(desired.opened, 4) // for the next one
  cycle.apply({ ...desired, close_seconds: 1, close_seconds_time: formatTime(time.now() + 1000) })
  await time.advance(MINUTE)
  press()
  await time.advance(MINUTE)
  expect(happened).toEqual([
    ...['0 valve=1', '2000 valve=0', '5000 button=0'],
    ...['60000 valve=1', '64000 valve=0', '65000 button=0'],
  ])
})

test('ends closed when it is changed or switched off, and runs as it is wanted then', async () => {
  const { cycle, press, desired, time, happened, state, say } = aCycle()
  press()
  await time.advance(500)
  const changed = { ...desired, button: newId('evt') }
  cycle.apply(changed)
  await time.advance(0)
  expect(happened).toEqual(['0 valve=1', '500 valve=0', '500 button=0', '500 button=0'])
  expect(state()).toMatchObject({ phase: 'idle', error_message: expect.stringContaining('changed') })
  press()
  expect(state()?.phase).toBe('idle')
  await time.advance(100)
  say(changed.button, 1)
  await time.advance(0)
  expect(state()?.phase).toBe('open')
  cycle.apply(undefined)
  await time.advance(0)
  expect(happened.slice(4)).toEqual(['600 valve=1', '600 valve=0', '600 button=0'])
  expect(state()).toBeUndefined()
})

test('closes when the controller stops, and begins nothing any more', async () => {
  const { cycle, press, time, happened, state } = aCycle()
  press()
  await time.advance(500)
  await cycle.stop()
  press()
  await time.advance(MINUTE)
  expect(happened).toEqual(['0 valve=1', '500 valve=0', '500 button=0'])
  expect(state()).toMatchObject({ phase: 'idle', error_message: expect.stringContaining('stopped') })
})
