import { expect, test } from 'vitest'
import { matchesTopic } from './topic-filter.ts'

test.each([
  ['lab/temperature', 'lab/temperature', true],
  ['lab/temperature', 'lab/pressure', false],
  ['lab/+', 'lab/temperature', true],
  ['lab/+', 'lab/1/temperature', false],
  ['lab/#', 'lab/1/temperature', true],
  ['lab/#', 'lab', true],
  ['#', 'lab/1', true],
  ['#', '$SYS/uptime', false],
  ['lab/+/t', 'lab/1/t', true],
  ['lab/+/t', 'lab/1', false],
])('%s means %s: %s', (filter, topic, expected) => {
  expect(matchesTopic(filter, topic)).toBe(expected)
})
