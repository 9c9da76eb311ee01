import type { EventId, StreamDatapoint } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import { createReadingStore } from '../live/reading-store.ts'
import { coursesOf } from './course.ts'
import { createLiveTail } from './live-tail.ts'
import type { Piece } from './tiles.ts'

const EVENT = 'evt_7k2m9q4tx3ab' as EventId // as the contract brands it
const reading = (second: number): StreamDatapoint => ({
  event_public_id: EVENT,
  value: second,
  timestamp: new Date(second * 1000).toISOString(),
  experiment_public_id: null,
})

function pieceOf(resolution: number, seconds: readonly number[]): Piece {
  const time = seconds.map((second) => second * 1e6)
  const columns = resolution === 0 ? { value: [...seconds] } : { mean: [...seconds] }
  const series = [{ event_public_id: EVENT, time, ...columns }]
  const answer = { from: '1970-01-01T00:00:00Z', to: '1970-01-01T00:10:00Z', resolution, read_from: resolution, series }
  return { from: 0, to: 600, answer }
}

test('live readings continue the stored ones, each once', () => {
  const store = createReadingStore((flush) => flush())
  const tail = createLiveTail(store)
  const stop = tail.connect()
  store.apply([reading(3)])
  store.apply([reading(4)])
  const [course, ...more] = coursesOf(tail.continue([pieceOf(0, [1, 2, 3])]), EVENT)
  expect(course?.times).toEqual([1, 2, 3, 4])
  expect(more).toEqual([])
  stop()
  store.apply([reading(5)])
  expect(coursesOf(tail.continue([pieceOf(0, [1])]), EVENT)[0]?.times).not.toContain(5)
})

test('what arrived between the last answer of a tile and its end is drawn once the next tile has come', () => {
  const store = createReadingStore((flush) => flush())
  const tail = createLiveTail(store)
  tail.connect()
  for (const second of [4, 5, 6, 7, 8]) store.apply([reading(second)])
  const earlier = { ...pieceOf(0, [1, 2, 3]), to: 6 }
  const later = { ...pieceOf(0, [6, 7]), from: 6, to: 12 }
  const [course, ...more] = coursesOf(tail.continue([pieceOf(60, []), earlier, later]), EVENT)
  expect(course?.times).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  expect(more).toEqual([])
})

test('a chart of intervals is left to the server', () => {
  const tail = createLiveTail(createReadingStore((flush) => flush()))
  const pieces = [pieceOf(60, [0, 60])]
  expect(tail.continue(pieces)).toBe(pieces)
})
