import { type EventId, type Frame, parseTime } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import { NewestReadings } from './newest-readings.ts'

const A = 'evt_aaaaaaaaaaaa' as EventId
const B = 'evt_bbbbbbbbbbbb' as EventId

const frame = (overrides: Partial<Frame> = {}): Frame => ({
  source: 'lab-1',
  epoch: 'one',
  seq: 1,
  time: '2026-11-23T16:00:10Z',
  values: { [A]: 1 } as Frame['values'],
  ...overrides,
})

test('lets a newer reading through and holds an older one or the same one back', () => {
  const newest = new NewestReadings()
  expect(newest.accept(frame())).toHaveLength(1)
  expect(newest.accept(frame())).toHaveLength(0)
  expect(newest.accept(frame({ time: '2026-11-23T16:00:09.999999Z' }))).toHaveLength(0)
  expect(newest.accept(frame({ time: '2026-11-23T16:00:10.000001Z' }))).toHaveLength(1)
})

test('judges each event of a frame by itself', () => {
  const newest = new NewestReadings()
  newest.accept(frame())
  const accepted = newest.accept(frame({ values: { [A]: 2, [B]: 3 } as Frame['values'] }))
  expect(accepted.map(({ event }) => event)).toEqual([B])
})

test('starts anew when a source comes back with its clock set back', () => {
  const newest = new NewestReadings()
  newest.accept(frame())
  expect(newest.accept(frame({ epoch: 'two', time: '2026-11-23T15:00:00Z' }))).toHaveLength(1)
})

test('does not let a latecomer of an earlier life of the source through', () => {
  const newest = new NewestReadings()
  newest.accept(frame())
  newest.accept(frame({ epoch: 'two', time: '2026-11-23T16:00:20Z' }))
  expect(newest.accept(frame({ epoch: 'one', time: '2026-11-23T16:00:11Z' }))).toHaveLength(0)
})

test('does not let a source with a clock far ahead hide another for longer than a minute', () => {
  const newest = new NewestReadings()
  const now = parseTime('2026-11-23T16:00:00Z') ?? 0
  newest.accept(frame({ source: 'ahead', time: '2026-11-24T16:00:00Z' }), now)
  expect(newest.accept(frame({ time: '2026-11-23T16:00:30Z' }), now + 30_000_000)).toHaveLength(0)
  expect(newest.accept(frame({ time: '2026-11-23T16:01:01Z' }), now + 61_000_000)).toHaveLength(1)
})

test('goes on showing a source whose own clock is ahead', () => {
  const newest = new NewestReadings()
  const now = parseTime('2026-11-23T16:00:00Z') ?? 0
  newest.accept(frame({ time: '2026-11-24T16:00:00Z' }), now)
  expect(newest.accept(frame({ time: '2026-11-24T16:00:00.500000Z' }), now)).toHaveLength(1)
})

test('keeps quality with the value', () => {
  const [reading] = new NewestReadings().accept(
    frame({ quality: { [A]: ['simulated'] } as Record<EventId, ['simulated']> }),
  )
  expect(reading?.update).toMatchObject({ datapoint: { value: 1, quality: ['simulated'] } })
})

test('makes a fault of a reading without a value', () => {
  const [reading] = new NewestReadings().accept(
    frame({ values: { [A]: null } as Frame['values'], quality: { [A]: ['bad', 'sensor_fault'] } as never }),
  )
  expect(reading?.update).toEqual({
    fault: { event_public_id: A, timestamp: '2026-11-23T16:00:10Z', quality: ['bad', 'sensor_fault'] },
  })
})
