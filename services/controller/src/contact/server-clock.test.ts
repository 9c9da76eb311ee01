import { NoReplyError } from '@webmacs/bus'
import { expect, test } from 'vitest'
import { ServerClock } from './server-clock.ts'

const SECOND = 1_000_000

function bench() {
  const told: [level: string, event: unknown][] = []
  const at = (level: string) => (facts: object) => {
    told.push([level, 'event' in facts ? facts.event : undefined])
  }
  const state = { now: 1000 * SECOND, ahead: 0, answers: true }
  const clock = new ServerClock({
    ask: async () => {
      if (!state.answers) throw new NoReplyError('time', undefined)
      return state.now + state.ahead
    },
    now: () => state.now,
    uptimeMs: () => state.now / 1000,
    log: { info: at('info'), warn: at('warn'), error: at('error') },
  })
  const measure = async (ahead: number): Promise<void> => {
    state.ahead = ahead
    for (let one = 0; one < 15; one++) await clock.measure()
  }
  return { clock, state, told, measure }
}

test('says once how the clock is, each time that it changes', async () => {
  const { clock, told, measure } = bench()
  await measure(0.4 * SECOND)
  expect([clock.isUncertain, told]).toEqual([false, []])
  await measure(-0.6 * SECOND)
  expect([clock.isUncertain, told]).toEqual([false, [['warn', 'clock.off']]])
  await measure(-6 * SECOND)
  expect([clock.isUncertain, clock.skew]).toEqual([true, -6 * SECOND])
  await measure(0)
  expect([clock.isUncertain, told.slice(1)]).toEqual([
    false,
    [
      ['error', 'clock.wrong'],
      ['info', 'clock.right'],
    ],
  ])
})

test('stands by what it measured while nobody answers, without a word', async () => {
  const { clock, told, measure, state } = bench()
  await measure(7 * SECOND)
  told.length = 0
  state.answers = false
  await clock.measure()
  expect([clock.skew, told]).toEqual([7 * SECOND, []])
})
