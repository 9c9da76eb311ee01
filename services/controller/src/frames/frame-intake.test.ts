import { type EventId, newId } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import type { Seen } from '../gaps/instance-watch.ts'
import type { SampleMessage } from '../plugin-host/messages.ts'
import { openTestOutbox } from '../testing/outbox.ts'
import { FrameIntake } from './frame-intake.ts'

const SECOND = 1_000_000
const START = 1_700_000_000 * SECOND
const events = new Map<string, EventId>([['level', newId('evt')]])
const aSample = (time: number): SampleMessage => ({
  type: 'sample',
  instants: [{ time, readings: [{ channel: 'level', value: 1, quality: [] }] }],
})

function anIntake() {
  const outbox = openTestOutbox({ epoch: 'first' })
  const seen: Seen[] = []
  let told = 0
  const intake = new FrameIntake({
    outbox,
    watch: { see: (one) => void seen.push(one), ended: () => undefined },
    log: { warn: () => undefined },
    onFrames: () => {
      told += 1
    },
  })
  return { intake, outbox, seen, told: () => told }
}

test('takes samples of all instances into one order, in one epoch', () => {
  const { intake, outbox, told } = anIntake()
  intake.take('a', aSample(START + SECOND), events)
  intake.take('b', aSample(START), events) // another process may be a little behind
  expect(outbox.level().frames).toBe(2)
  expect(outbox.epochs()).toEqual(['first'])
  expect(told()).toBe(2)
})

test('says of the events of an ended instance that their values are stale, after its last sample', () => {
  const { intake, outbox } = anIntake()
  const future = 4_000_000_000 * SECOND
  intake.take('a', aSample(future), events)
  intake.takeEnd('a', events)
  const [, end] = JSON.parse(outbox.take(future)?.payload ?? '')
  const event = events.get('level') ?? ''
  expect(end).toMatchObject({ time: '2096-10-02T07:06:40.000001Z', values: { [event]: null } })
  expect(end.quality).toEqual({ [event]: ['bad', 'stale'] })
  expect(outbox.epochs()).toEqual(['first'])
})

test('takes nothing where no channel has an event', () => {
  const { intake, outbox, told } = anIntake()
  intake.take('a', aSample(START), new Map())
  expect([outbox.level().frames, told()]).toEqual([0, 0])
})

test('starts another epoch, once, when the times of an instance run backwards', () => {
  const { intake, outbox } = anIntake()
  intake.take('a', aSample(START + 100 * SECOND), events)
  intake.take('a', aSample(START), events)
  intake.take('a', aSample(START + SECOND), events)
  const [first, second, ...others] = outbox.epochs()
  expect(first).toBe('first')
  expect(second).toMatch(/^[0-9a-f]{10}$/)
  expect(others).toEqual([])
})

test('bears with channels of an instance that overtake one another', () => {
  const { intake, outbox } = anIntake()
  const both = new Map([...events, ['flow', newId('evt')]])
  intake.take('a', aSample(START + SECOND), both)
  const slow = { time: START, readings: [{ channel: 'flow', value: 2, quality: [] }] }
  intake.take('a', { type: 'sample', instants: [slow] }, both)
  expect(outbox.epochs()).toEqual(['first'])
  expect(outbox.level().frames).toBe(2)
})

test('says of each cycle whether its device gave values', () => {
  const { intake, seen } = anIntake()
  intake.take('a', aSample(START), events)
  intake.takeEnd('a', events)
  expect(seen.map(({ instance, isGood }) => [instance, isGood])).toEqual([
    ['a', true],
    ['a', false],
  ])
  expect(seen[0]).toMatchObject({ time: START, events: [...events.values()] })
})
