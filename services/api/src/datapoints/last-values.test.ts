import type { EventId } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import { LastValues } from './last-values.ts'

const A = 'evt_aaaaaaaaaaaa' as EventId
const B = 'evt_bbbbbbbbbbbb' as EventId
const reading = (event: EventId, time: number, value: number) => ({ event, time, value, quality: 0 })

test('keeps the newest value, whatever order they come in', () => {
  const values = new LastValues()
  values.setEvents([A, B])
  for (const [time, value] of [
    [20, 2],
    [10, 1],
    [30, 3],
    [30, 4],
  ] as const) {
    values.note(reading(A, time, value))
  }
  expect(values.all()).toEqual([reading(A, 30, 3)])
})

test('shows a value only while its event is in use', () => {
  const values = new LastValues()
  values.note(reading(A, 10, 1))
  expect(values.all()).toEqual([])
  values.noteChange({ entity: 'event', verb: 'created', id: A })
  expect(values.all()).toHaveLength(1)
  values.noteChange({ entity: 'event', verb: 'updated', id: A })
  values.noteChange({ entity: 'experiment', verb: 'retired', id: A })
  expect(values.all()).toHaveLength(1)
  values.noteChange({ entity: 'event', verb: 'retired', id: A })
  expect(values.all()).toEqual([])
})

test('forgets what belongs to no event when it learns all events', () => {
  const values = new LastValues()
  values.note(reading(A, 10, 1))
  values.note(reading(B, 10, 1))
  values.setEvents([B])
  values.noteChange({ entity: 'event', verb: 'created', id: A })
  expect(values.all().map(({ event }) => event)).toEqual([B])
})

test('believes what it is told of events while they are read, and not the older rows', () => {
  const values = new LastValues()
  values.setEvents([A])
  const meanwhile = values.noteEvents()
  values.noteChange({ entity: 'event', verb: 'created', id: B })
  values.noteChange({ entity: 'event', verb: 'retired', id: A })
  for (const event of [A, B]) values.note(reading(event, 10, 1))
  values.setEvents([A], meanwhile)
  expect(values.all()).toEqual([reading(B, 10, 1)])
  values.stopNoting(meanwhile)
  values.noteChange({ entity: 'event', verb: 'retired', id: B })
  expect(meanwhile.get(B)).toBe(true)
})

test('knows the time of the newest reading, also of one without a value', () => {
  const values = new LastValues()
  expect(values.newest).toBeUndefined()
  values.note(reading(A, 10, 1))
  values.noteTime(15)
  values.noteTime(5)
  expect(values.newest).toBe(15)
})

test('forgets a deleted datapoint, and leaves a newer one', () => {
  const values = new LastValues()
  values.setEvents([A, B])
  for (const event of [A, B]) values.note(reading(event, 20, 2))
  const before = values.deletions
  values.forget({ event: A, time: 20 })
  values.forget({ event: B, time: 10 })
  expect(values.all()).toEqual([reading(B, 20, 2)])
  expect(values.deletions).toBeGreaterThan(before)
  values.note(reading(A, 15, 1))
  expect(values.all()).toContainEqual(reading(A, 15, 1))
})

test('lets a time far ahead hide no value of now, whichever comes first', () => {
  const now = 1_000_000_000
  const ahead = now + 3_600_000_000
  for (const order of [
    [now, ahead],
    [ahead, now],
  ]) {
    const values = new LastValues()
    values.setEvents([A])
    for (const time of order) values.note(reading(A, time, time), now)
    expect(values.all()).toEqual([reading(A, now, now)])
    expect(values.newest).toBe(now)
  }
})

test('shows values of a clock that is far ahead where there are no others', () => {
  const now = 1_000_000_000
  const values = new LastValues()
  values.setEvents([A])
  for (const time of [now + 3_600_000_000, now + 3_601_000_000]) values.note(reading(A, time, time), now)
  expect(values.all()).toEqual([reading(A, now + 3_601_000_000, now + 3_601_000_000)])
})
