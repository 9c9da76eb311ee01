import { type EventId, type InstanceId, newId } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import { openTestOutbox, SECOND } from '../testing/outbox.ts'
import type { Gap } from './gap-book.ts'
import { InstanceWatch } from './instance-watch.ts'

const START = 1_700_000_000 * SECOND
const instance: InstanceId = newId('plg')
const event: EventId = newId('evt')

function aWatch() {
  const gaps: Gap[] = []
  const watch = new InstanceWatch({ intervalOf: () => SECOND, onGap: (gap) => void gaps.push(gap) })
  const see = (second: number, { isGood = true, of = instance } = {}) =>
    watch.see({ instance: of, time: START + second * SECOND, events: [event], isGood })
  const told = () => gaps.map(({ reason, from, to }) => [reason, (from - START) / SECOND, (to - START) / SECOND])
  return { watch, gaps, see, told }
}

test('finds nothing missing while readings come', () => {
  const { see, told } = aWatch()
  for (let second = 0; second < 10; second++) see(second)
  expect(told()).toEqual([])
})

test('names the time in which the process of an instance was down, from the last reading to the next', () => {
  const { watch, see, gaps } = aWatch()
  see(0)
  watch.ended(instance)
  see(0.5, { isGood: false })
  see(5)
  see(6)
  expect(gaps).toEqual([
    { reason: 'driver_down', from: START, to: START + 5 * SECOND, instance, events: [event], frames: null },
  ])
})

test('names the time in which its device was away', () => {
  const { see, told } = aWatch()
  see(0)
  for (let second = 1; second < 5; second++) see(second, { isGood: false })
  see(5)
  expect(told()).toEqual([['driver_down', 0, 5]])
})

test('says of an instance that was disabled that it was stopped', () => {
  const { watch, see, told } = aWatch()
  see(0)
  watch.wanted(instance, { enabled: false })
  watch.ended(instance)
  watch.wanted(instance, { enabled: true })
  see(60)
  expect(told()).toEqual([['stopped', 0, 60]])
})

test('tells of a removed instance once another one reads its events', () => {
  const { watch, see, told } = aWatch()
  see(0)
  watch.wanted(instance, undefined)
  see(30, { of: newId('plg') })
  see(31, { of: newId('plg') })
  expect(told()).toEqual([['stopped', 0, 30]])
})

test('takes a break that misses no reading for none', () => {
  const { watch, see, told } = aWatch()
  see(0)
  watch.ended(instance)
  see(1.5)
  watch.ended(instance)
  see(3.1)
  expect(told()).toEqual([['driver_down', 1.5, 3.1]])
})

test('knows after a kill when each instance gave its last reading, also those that nobody had written down', () => {
  const outbox = openTestOutbox()
  const before = aWatch()
  const append = (second: number, value: number | null) =>
    outbox.append({ instance, time: START + second * SECOND, values: { [event]: value } })
  append(0, 1)
  before.see(0)
  before.watch.save(outbox.shelf.db, outbox.shelf.next - 1)
  append(1, 1)
  append(2, null)
  const after = aWatch()
  after.watch.load(outbox.shelf.db)
  after.watch.ended(instance)
  after.see(10)
  expect(after.told()).toEqual([['controller_down', 1, 10]])
})

test('does not take the end of the controller for the end of its drivers', () => {
  const outbox = openTestOutbox()
  const before = aWatch()
  before.see(0)
  before.watch.closing()
  before.watch.ended(instance)
  before.watch.save(outbox.shelf.db, 0)
  const after = aWatch()
  after.watch.load(outbox.shelf.db)
  after.see(10)
  expect(after.told()).toEqual([['controller_down', 0, 10]])
})

test('says of instances that were removed while nobody listened that they were stopped', () => {
  const outbox = openTestOutbox()
  const before = aWatch()
  before.see(0)
  before.watch.save(outbox.shelf.db, 0)
  const after = aWatch()
  after.watch.load(outbox.shelf.db)
  after.watch.keepOnly(new Set())
  after.see(10, { of: newId('plg') })
  expect(after.told()).toEqual([['stopped', 0, 10]])
})
