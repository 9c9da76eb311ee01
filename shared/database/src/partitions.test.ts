import { formatTime, parseTime } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import { partitionOf, partitionsBetween } from './partitions.ts'

const at = (text: string): number => parseTime(text) ?? Number.NaN

test('gives each moment the week that begins on a Monday', () => {
  const partition = partitionOf(at('2026-11-24T12:00:00Z'))
  expect(partition.name).toBe('datapoints_20261123')
  expect(formatTime(partition.from)).toBe('2026-11-23T00:00:00Z')
  expect(formatTime(partition.to)).toBe('2026-11-30T00:00:00Z')
})

test('puts the last microsecond of a week into that week, and the next into the next', () => {
  expect(partitionOf(at('2026-11-29T23:59:59.999999Z')).name).toBe('datapoints_20261123')
  expect(partitionOf(at('2026-11-30T00:00:00Z')).name).toBe('datapoints_20261130')
})

test('works before 1970', () => {
  expect(partitionOf(at('1969-12-31T00:00:00Z')).name).toBe('datapoints_19691229')
})

test('names every partition that a range touches', () => {
  const names = partitionsBetween(at('2026-11-29T00:00:00Z'), at('2026-12-14T00:00:00Z')).map(({ name }) => name)
  expect(names).toEqual(['datapoints_20261123', 'datapoints_20261130', 'datapoints_20261207', 'datapoints_20261214'])
})
