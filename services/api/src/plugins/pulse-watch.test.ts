import { expect, test } from 'vitest'
import { PulseWatch } from './pulse-watch.ts'

const pulse = (second: number) => ({ controller: 'lab', seen_on: `2026-01-01T00:00:${second}Z` })

function aWatch() {
  let nowMs = 0
  const watch = new PulseWatch(() => nowMs)
  const pass = (ms: number): void => {
    nowMs += ms
  }
  return { watch, pass }
}

test('calls a controller silent thirty seconds after its last sign of life', () => {
  const { watch, pass } = aWatch()
  watch.note('lab.alive', pulse(10))
  pass(20_000)
  watch.note('lab.alive', pulse(20))
  pass(30_000)
  expect(watch.isSilent('lab.alive')).toBe(false)
  watch.note('lab.alive', pulse(20)) // told once more by the broker
  pass(1)
  expect(watch.isSilent('lab.alive')).toBe(true)
})

test('does not call one silent that has stopped in order, or was never heard', () => {
  const { watch, pass } = aWatch()
  watch.note('lab.alive', pulse(10))
  watch.note('lab.alive', undefined)
  pass(60_000)
  expect([watch.isSilent('lab.alive'), watch.isSilent('other.alive')]).toEqual([false, false])
})
