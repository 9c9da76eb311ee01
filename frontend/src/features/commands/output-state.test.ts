import { type Command, type CommandState, newId } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import { outputShape, outputText, stepOf } from './output-shape.ts'
import { answered, ask, failed, isOpen, phaseOf, valueUnderWay } from './output-state.ts'
import { describeAsked } from './output-text.ts'

const request = (value: number, askedAtMs = 0) => ({ id: newId('cmd'), value, askedAtMs })
const asking = (value: number, askedAtMs = 0) => {
  const state = ask(undefined, request(value, askedAtMs))
  if (state === undefined) throw new Error('nothing was asked')
  return state
}

const aCommand = (id: Command['public_id'], state: CommandState, facts: Partial<Command> = {}): Command => ({
  public_id: id,
  event_public_id: null,
  instance_public_id: newId('plg'),
  instance_name: 'Reactor',
  channel_id: 'heater',
  channel_name: 'Heater',
  unit: '%',
  value: 60,
  state,
  is_final: !['requested', 'accepted', 'written'].includes(state),
  code: null,
  detail: null,
  previous_value: 0,
  written_value: null,
  clamped: false,
  readback_value: null,
  requested_by: { kind: 'user', id: null, name: 'Ada' },
  reason: null,
  requested_on: '2026-11-24T10:00:00Z',
  expires_on: '2026-11-24T10:00:02Z',
  written_on: null,
  finished_on: null,
  latency_ms: null,
  transitions: [],
  ...facts,
})

const HEATER = outputShape({ min: 0, max: 100, unit: '%' })

test('a double click asks once, a later press of the other value takes the place of the first', () => {
  const first = asking(1)
  expect(ask(first, request(0, 200))).toBe(first)
  expect(ask(first, request(1, 5000))).toBe(first)
  const second = ask(first, request(0, 5000))
  expect(second?.value).toBe(0)
  expect(answered(second, aCommand(first.id, 'confirmed'))).toBe(second)
})

test('the same value can be asked for again once the first request has ended', () => {
  const first = asking(60)
  const done = answered(first, aCommand(first.id, 'confirmed'))
  expect(ask(done, request(60, 100))?.id).not.toBe(first.id)
})

test.each([
  ['requested', 'asked', true],
  ['accepted', 'asked', true],
  ['written', 'written', true],
  ['confirmed', 'confirmed', false],
  ['unverified', 'unverified', false],
  ['mismatch', 'failed', false],
  ['timeout', 'failed', false],
  ['refused', 'failed', false],
  ['expired', 'failed', false],
  ['superseded', 'failed', false],
  ['failed', 'failed', false],
  ['cancelled', 'failed', false],
] as const)('%s looks %s', (state, phase, open) => {
  const asked = asking(60)
  const next = answered(asked, aCommand(asked.id, state)) ?? asked
  expect([phaseOf(next), isOpen(next)]).toEqual([phase, open])
})

test('what is final stays, whatever comes late', () => {
  const asked = asking(60)
  const done = answered(asked, aCommand(asked.id, 'confirmed'))
  expect(answered(done, aCommand(asked.id, 'written'))).toBe(done)
  expect(failed(done, asked.id, 'gone')).toBe(done)
})

test('the value on its way is the one that was written, and none after a failure', () => {
  const asked = asking(150)
  expect(valueUnderWay(asked)).toBe(150)
  expect(valueUnderWay(answered(asked, aCommand(asked.id, 'written', { written_value: 100 })))).toBe(100)
  expect(valueUnderWay(failed(asked, asked.id, 'away'))).toBeUndefined()
})

test('each look has its own words', () => {
  const asked = asking(60)
  const say = (state: CommandState, facts: Partial<Command> = {}) =>
    describeAsked(answered(asked, aCommand(asked.id, state, facts)) ?? asked, HEATER)
  expect(describeAsked(asked, HEATER)).toBe('Asked for 60.0 %')
  expect(say('written', { written_value: 60 })).toBe('Written 60.0 %, read-back awaited')
  expect(say('confirmed', { written_value: 50, clamped: true })).toBe('Confirmed 50.0 %, brought to its limit')
  expect(say('refused', { detail: 'The change is faster than 5 %/s.' })).toBe(
    'Not set to 60.0 %: The change is faster than 5 %/s.',
  )
})

test.each([
  [{ min: 0, max: 1, unit: 'bool' }, 'switch', 0, 1],
  [{ min: 0, max: 100, unit: '%' }, 'number', 0, 100],
  [{ min: 0, max: 1, unit: 'bar', isTwoState: false }, 'number', 0, 1],
  [{ min: 0, max: 100, unit: '%', policy: { min: -5, max: 80 } }, 'number', 0, 80],
] as const)('%j is set by a %s from %d to %d', (facts, kind, min, max) => {
  expect(outputShape(facts)).toMatchObject({ kind, min, max })
})

test.each([
  [0, 100, 1],
  [0, 1, 0.01],
  [0, 300, 5],
  [5, 5, 1],
])('a slider from %d to %d moves in steps of %d', (min, max, step) => {
  expect(stepOf(outputShape({ min, max, unit: '%', isTwoState: false }))).toBeCloseTo(step, 10)
})

test('values have the words of their event', () => {
  const valve = outputShape({ min: 0, max: 1, unit: 'bool', labels: { '1': 'open' } })
  expect([1, 0].map((value) => outputText(valve, value))).toEqual(['open', 'Off'])
})
