import { type EventId, MAX_FRAME_MESSAGE_BYTES, newId, type QualityWord } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import { toFrameValues } from './frame-values.ts'

const temperature = newId('evt')
const valve = newId('evt')
const events = new Map<string, EventId>([
  ['temp', temperature],
  ['valve', valve],
])

test('names values by their events and leaves channels without one out', () => {
  const readings = [
    { channel: 'temp', value: 23.5, quality: [] },
    { channel: 'ghost', value: 1, quality: [] },
  ]
  expect(toFrameValues(readings, events)).toEqual([{ values: { [temperature]: 23.5 } }])
})

test('makes no frame where nothing is mapped', () => {
  expect(toFrameValues([{ channel: 'ghost', value: 1, quality: [] }], events)).toEqual([])
})

test('keeps quality only where it is not plainly good', () => {
  const readings: { channel: string; value: number | null; quality: QualityWord[] }[] = [
    { channel: 'temp', value: 23.5, quality: ['good'] },
    { channel: 'valve', value: 10, quality: ['simulated'] },
  ]
  expect(toFrameValues(readings, events)).toEqual([
    { values: { [temperature]: 23.5, [valve]: 10 }, quality: { [valve]: ['simulated'] } },
  ])
})

test('never lets a missing value pass for a good one', () => {
  expect(toFrameValues([{ channel: 'temp', value: null, quality: ['simulated'] }], events)).toEqual([
    { values: { [temperature]: null }, quality: { [temperature]: ['bad', 'sensor_fault'] } },
  ])
})

const LONG_NUMBER = -Math.PI * 1e-300
const LONG_WORDS: QualityWord[] = Array(12).fill('time_uncertain')

test.each([
  ['numbers alone', [], 1],
  ['as many and as long quality words as there may be', LONG_WORDS, 4],
])('splits a cycle so that each part fits one message, with %s', (_what, quality, parts) => {
  const channels = Array.from({ length: 6000 }, (_, index) => `channel-${index}`)
  const many = new Map(channels.map((channel) => [channel, newId('evt')]))
  const frames = toFrameValues(
    channels.map((channel) => ({ channel, value: LONG_NUMBER, quality })),
    many,
  )
  expect(frames.flatMap(({ values }) => Object.keys(values))).toEqual([...many.values()])
  expect(frames).toHaveLength(parts)
  for (const frame of frames) expect(JSON.stringify(frame).length).toBeLessThan(MAX_FRAME_MESSAGE_BYTES - 900)
})
