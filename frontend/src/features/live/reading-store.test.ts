import { type EventId, formatTime, newId, type StreamDatapoint } from '@webmacs/contracts'
import { beforeEach, expect, test } from 'vitest'
import { createReadingStore, type ReadingStore } from './reading-store.ts'

const A: EventId = newId('evt')
const B: EventId = newId('evt')
const START = 1_700_000_000_000_000

let frames: (() => void)[]
let store: ReadingStore
const paint = () => {
  for (const flush of frames.splice(0)) flush()
}
const reading = (event: EventId, second: number, value: number): StreamDatapoint => ({
  event_public_id: event,
  timestamp: formatTime(START + second * 1_000_000),
  value,
  experiment_public_id: null,
})
const fault = (second: number) => {
  const { event_public_id, timestamp } = reading(A, second, 0)
  return { event_public_id, timestamp, quality: ['bad' as const, 'sensor_fault' as const] }
}

beforeEach(() => {
  frames = []
  store = createReadingStore((flush) => frames.push(flush))
})

test('tells the listeners of an event once a frame, however many readings came', () => {
  const heard: string[] = []
  store.subscribe(A, () => heard.push(`A ${store.latest(A)?.value}`))
  store.subscribe(B, () => heard.push('B'))
  store.apply([reading(A, 1, 1)])
  store.apply([reading(A, 2, 2), reading(A, 3, 3)])
  expect(heard).toEqual([])
  expect(frames).toHaveLength(1)
  paint()
  expect(heard).toEqual(['A 3'])
})

test('keeps the newest reading by its own time, whatever the order of arrival', () => {
  store.apply([reading(A, 5, 50)])
  const before = store.latest(A)
  store.apply([reading(A, 4, 40), reading(A, 5, 99)])
  expect(store.latest(A)).toBe(before)
})

test('reads UTC as Z and as +00:00', () => {
  store.apply([{ ...reading(A, 1, 1), timestamp: '2026-01-01T00:00:00.5+00:00' }])
  expect(store.latest(A)?.time).toBe(Date.UTC(2026, 0, 1) * 1000 + 500_000)
})

test('passes over a reading whose time cannot be read', () => {
  store.apply([{ ...reading(A, 1, 1), timestamp: 'yesterday' }])
  expect(store.latest(A)).toBeUndefined()
})

test('keeps the last value beside a fault, remembers since when, and recovers', () => {
  store.apply([reading(A, 1, 10)])
  store.apply([], [fault(2)])
  store.apply([], [fault(3)])
  expect(store.latest(A)).toMatchObject({ value: 10, faultTime: START + 2_000_000, quality: ['bad', 'sensor_fault'] })
  store.apply([reading(A, 4, 11)])
  expect(store.latest(A)).toMatchObject({ value: 11, faultTime: undefined, quality: [] })
})

test('learns how often readings come, and is not misled by one pause', () => {
  for (let second = 0; second <= 10; second++) store.apply([reading(A, second, second)])
  expect(store.latest(A)?.intervalMs).toBeCloseTo(1000)
  store.apply([reading(A, 1000, 1)])
  expect(store.latest(A)?.intervalMs).toBeLessThan(2000)
})

test('hands every new reading to those who keep a course, a fault as null', () => {
  const courses: (number | null)[] = []
  store.onArrivals((arrivals) => courses.push(...arrivals.map(({ value }) => value)))
  store.apply([reading(A, 1, 1), reading(A, 1, 1), reading(A, 2, 2)], [fault(3)])
  expect(courses).toEqual([1, 2, null])
})
