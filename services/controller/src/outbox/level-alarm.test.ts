import { expect, test } from 'vitest'
import { FillRate } from './fill-rate.ts'
import { LevelAlarm } from './level-alarm.ts'
import type { OutboxLevel } from './outbox.ts'

const aLevel = (percent: number): OutboxLevel => ({
  frames: 1,
  bytes: percent,
  maxBytes: 100,
  unsent: 1,
  unwritten: 0,
  oldest: 0,
})

test('says at half and at four fifths that the outbox fills up, and once when it sinks well below', () => {
  const said: string[] = []
  const say = (level: string) => (facts: object) => void said.push(`${level} ${'percent' in facts && facts.percent}`)
  const alarm = new LevelAlarm({ info: say('info'), warn: say('warn'), error: say('error') })
  for (const percent of [10, 49, 50, 60, 49, 51, 85, 79, 81, 69, 41, 39, 10, 90]) alarm.look(aLevel(percent))
  expect(said).toEqual(['warn 50', 'error 85', 'info 69', 'info 39', 'warn 90', 'error 90'])
})

test('says when the outbox will be full, from how fast it fills up', () => {
  const fill = new FillRate()
  fill.note(aLevel(10), 0)
  expect(fill.secondsUntilFull()).toBeUndefined()
  fill.note(aLevel(20), 10_000)
  expect(fill.secondsUntilFull()).toBe(80)
  fill.note(aLevel(5), 20_000)
  expect(fill.secondsUntilFull()).toBeUndefined()
})
