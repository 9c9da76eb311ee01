import type { EventId, SeriesAnswer } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import { coursesOf, extentBetween, pointNear } from './course.ts'
import type { Piece } from './tiles.ts'

const EVENT = 'evt_7k2m9q4tx3ab' as EventId // as the contract brands it

const every = (step: number, from: number, to: number): number[] =>
  Array.from({ length: Math.ceil((to - from) / step) }, (_, index) => from + index * step)

/** A piece of intervals that start at these seconds, each with mean 1, from 0 to 2. */
function piece(from: number, to: number, resolution: number, starts: readonly number[]): Piece {
  const time = starts.map((start) => start * 1e6)
  const all = (value: number) => starts.map(() => value)
  const columns = resolution === 0 ? { time, value: all(1) } : { time, mean: all(1), min: all(0), max: all(2) }
  const answer: SeriesAnswer = {
    from: '1970-01-01T00:00:00Z',
    to: '1970-01-02T00:00:00Z',
    resolution,
    read_from: resolution,
    series: [{ event_public_id: EVENT, ...columns }],
  }
  return { from, to, answer }
}

test('neighbouring tiles are one line, and an interval that both tell of counts once', () => {
  const courses = coursesOf([piece(0, 150, 60, [0, 60, 120]), piece(150, 300, 60, [120, 180, 240])], EVENT)
  expect(courses).toHaveLength(1)
  expect(courses[0]?.times).toEqual([30, 90, 150, 210, 270])
  expect(courses[0]?.values).not.toContain(null)
})

/** Where lines break that join intervals of a minute which start at these seconds. */
const breaksOf = (starts: readonly number[]): number[] => {
  const [course] = coursesOf([piece(0, 86_400, 60, starts)], EVENT)
  return (course?.times ?? []).filter((_time, index) => course?.highest[index] === null)
}

test('missing intervals are a break, never a line across', () => {
  expect(breaksOf([...every(60, 0, 1800), ...every(60, 1920, 3600)])).toEqual([1830])
})

test('a break lies between tiles as well', () => {
  const [course] = coursesOf(
    [piece(0, 1800, 60, every(60, 0, 1620)), piece(1800, 3600, 60, every(60, 1800, 3600))],
    EVENT,
  )
  expect(course?.values.filter((value) => value === null)).toHaveLength(1)
})

test.each([
  ['every five minutes', every(300, 0, 18_000)],
  ['every 90 s', every(90, 0, 18_000).map((time) => Math.floor(time / 60) * 60)],
  ['every 61 s', every(61, 0, 18_000).map((time) => Math.floor(time / 60) * 60)],
])('what is read %s is one line beside faster signals, and its outages are breaks', (_rhythm, starts) => {
  expect(breaksOf(starts)).toEqual([])
  expect(breaksOf(starts.filter((start) => start < 6000 || start > 9000))).toHaveLength(1)
})

test('what is drawn until the answer comes keeps to its part of time', () => {
  const [course] = coursesOf([piece(120, 240, 60, [0, 60, 120, 180, 240])], EVENT)
  expect(course?.times).toEqual([150, 210])
})

test('a reading just at the start of a tile is drawn', () => {
  const [course] = coursesOf([piece(0, 15, 0, [13, 14]), piece(15, 30, 0, [15, 16])], EVENT)
  expect(course?.times).toEqual([13, 14, 15, 16])
})

test('readings and intervals stay apart', () => {
  const courses = coursesOf([piece(0, 60, 0, [1, 2, 3]), piece(60, 300, 60, [60, 120])], EVENT)
  expect(courses.map(({ resolution }) => resolution)).toEqual([0, 60])
})

test('the cursor finds the interval that it is in, and nothing in a gap', () => {
  const courses = coursesOf([piece(0, 600, 60, [0, 60, 300])], EVENT)
  expect(pointNear(courses, 75, 1)).toEqual({ time: 90, value: 1, lowest: 0, highest: 2, resolution: 60 })
  expect(pointNear(courses, 200, 1)).toBeUndefined()
})

test('the extent is of what is shown, with the lowest and highest of each interval', () => {
  const courses = coursesOf([piece(0, 600, 60, [0, 60, 120])], EVENT)
  expect(extentBetween(courses, 0, 100)).toEqual({ lowest: 0, highest: 2 })
  expect(extentBetween(courses, 300, 400)).toBeUndefined()
})
