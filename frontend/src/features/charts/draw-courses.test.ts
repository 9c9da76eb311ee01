import { expect, test } from 'vitest'
import type { Course } from './course.ts'
import { runsOf } from './draw-courses.ts'

const times = [10, 20, 30, 40, 50, 60, 70]
const values = [1, 2, null, 3, null, 4, 5]
const course: Course = { resolution: 10, times, values, lowest: values, highest: values }

test('a line is drawn in stretches, never across a break', () => {
  expect(runsOf(course, [0, 100])).toEqual([
    [0, 1],
    [3, 3],
    [5, 6],
  ])
})

test('a line reaches over both edges of what is shown, and not further', () => {
  expect(runsOf(course, [12, 18])).toEqual([[0, 1]])
  expect(runsOf(course, [65, 66])).toEqual([[5, 6]])
  expect(runsOf(course, [200, 300])).toEqual([[6, 6]])
})

test('of nothing nothing is drawn', () => {
  expect(runsOf({ ...course, times: [], values: [] }, [0, 100])).toEqual([])
})
