import { expect, test } from 'vitest'
import { createLimitedLog } from './limited-log.ts'
import type { LogMessage } from './messages.ts'

function aLog() {
  const lines: LogMessage[] = []
  let nowMs = 0
  const log = createLimitedLog(
    (line) => void lines.push(line),
    () => nowMs,
  )
  const pass = (ms: number): void => {
    nowMs += ms
  }
  return { lines, log, pass }
}

test('lets five lines of an event through in a minute, and tells afterwards how many it kept back', () => {
  const { lines, log, pass } = aLog()
  for (let line = 0; line < 100; line++) log.warn({ event: 'device.noise' }, 'noise')
  log.error({ event: 'device.other' }, 'other')
  expect(lines.map(({ event }) => event)).toEqual([...Array(5).fill('device.noise'), 'device.other'])
  pass(60_000)
  log.warn({ event: 'device.noise' }, 'noise')
  expect(lines.at(-1)).toMatchObject({ event: 'device.noise', facts: { suppressed: 95 } })
})

test('writes errors as text and survives what is no JSON', () => {
  const { lines, log } = aLog()
  const circular: Record<string, unknown> = { event: 'device.circular' }
  circular.self = circular
  log.warn({ event: 'device.failed', err: new TypeError('no'), count: 12n }, 'failed')
  log.warn(circular as { event: string }, 'circular')
  log.warn({ event: 'device.large', text: 'x'.repeat(100_000) }, 'large')
  expect(lines[0]?.facts).toMatchObject({ err: { type: 'TypeError', message: 'no' }, count: '12' })
  expect(lines[1]?.facts).toHaveProperty('factsLost')
  expect(JSON.stringify(lines[2]).length).toBeLessThan(5000)
})

test('does not grow with event names that a driver invents', () => {
  const { lines, log } = aLog()
  for (let line = 0; line < 10_000; line++) log.info({ event: `event-${line}` }, 'invented')
  expect(lines).toHaveLength(100)
})

test('listens to a driver again that invented event names, a minute later', () => {
  const { lines, log, pass } = aLog()
  for (let line = 0; line < 1000; line++) log.info({ event: `event-${line}` }, 'invented')
  pass(60_000)
  log.warn({ event: 'device.trouble' }, 'trouble')
  expect(lines.at(-1)?.event).toBe('device.trouble')
})
