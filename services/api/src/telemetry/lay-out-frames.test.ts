import {
  type EventId,
  type InstanceId,
  MAX_BATCH_SIZE,
  MAX_FRAME_MESSAGE_BYTES,
  type NewDatapoint,
} from '@webmacs/contracts'
import { expect, test } from 'vitest'
import type { EventLink, EventLinks } from './event-links.ts'
import { parseGivenTimes } from './given-times.ts'
import { layOutFrames, stampsNeeded } from './lay-out-frames.ts'
import { OwnSource } from './own-source.ts'
import { STAMP_STEP } from './stamp-clock.ts'

const DAY = 86_400_000_000

const A = 'evt_aaaaaaaaaaaa' as EventId
const B = 'evt_bbbbbbbbbbbb' as EventId
const UNLINKED = 'evt_cccccccccccc' as EventId
const NOW = Date.parse('2026-11-24T12:00:00Z') * 1000
const FIRST = NOW + 5
const OUTPUT = 'evt_dddddddddddd' as EventId
const output = {
  ...{ controller: 'lab', instance: 'plg_aaaaaaaaaaaa' as InstanceId, instanceName: 'Reactor', channel: 'heater' },
  ...{ channelName: 'Heater', unit: '%', event: OUTPUT },
}
const links: EventLinks = new Map<string, EventLink>([
  [OUTPUT, { event: OUTPUT, isLinked: true, output }],
  [A, { event: A, isLinked: true }],
  [B, { event: B, isLinked: true }],
  [UNLINKED, { event: UNLINKED, isLinked: false }],
])

const item = (event: string, value: number, timestamp?: string): NewDatapoint => ({
  event_public_id: event,
  value,
  ...(timestamp !== undefined && { timestamp }),
})

function layOut(...datapoints: NewDatapoint[]) {
  const times = parseGivenTimes(datapoints)
  return layOutFrames({ datapoints, times, links, firstStamp: FIRST, now: NOW, oldest: NOW - 30 * DAY })
}

test('puts one value of each event into a frame, and the k-th of an event into the k-th frame', () => {
  const { instants, accepted, rejected } = layOut(item(A, 1), item(B, 2), item(A, 3), item(A, 4), item(B, 5))
  expect(instants).toEqual([
    { time: FIRST, values: { [A]: 1, [B]: 2 } },
    { time: FIRST + STAMP_STEP, values: { [A]: 3, [B]: 5 } },
    { time: FIRST + 2 * STAMP_STEP, values: { [A]: 4 } },
  ])
  expect([accepted, rejected]).toEqual([5, []])
})

test('reserves as many stamps as one event needs, of those without a time', () => {
  const needed = (...datapoints: NewDatapoint[]) => stampsNeeded(datapoints, parseGivenTimes(datapoints))
  expect(needed()).toBe(1)
  expect(needed(item(A, 1), item(B, 1), item(A, 2), item(A, 3, '2026-11-24T11:00:00Z'))).toBe(2)
})

test('says of each datapoint that is not taken which it is and why', () => {
  const { accepted, rejected, instants } = layOut(
    item('evt_nothing', 1),
    item(UNLINKED, 2),
    item(A, 3, '2026-10-01T00:00:00Z'),
    item(A, 4, '2026-11-26T00:00:00Z'),
    item(A, 5, 'yesterday'),
    item(A, 6, '2026-11-24T11:00:00Z'),
    item(A, 7, '2026-11-24T12:00:00+01:00'),
    item(B, 8, '2026-11-24T11:00:00.000Z'),
  )
  expect(rejected.map(({ index, code }) => [index, code])).toEqual([
    [0, 'unknown_event'],
    [1, 'not_linked'],
    [2, 'bad_time'],
    [3, 'bad_time'],
    [4, 'bad_time'],
    [6, 'duplicate_time'],
  ])
  expect(accepted).toBe(2)
  expect(instants).toEqual([{ time: NOW - 3_600_000_000, values: { [A]: 6, [B]: 8 } }])
})

test('names the field of a time that is no moment where a request is to be refused', () => {
  const datapoints = [item(A, 1), item(A, 2, '2026-02-30')]
  const parse = () => parseGivenTimes(datapoints, (index) => `body.datapoints.${index}.timestamp`)
  expect(parse).toThrow('body.datapoints.1.timestamp must be a moment')
})

test('fits the largest batch into one message', () => {
  const event = 'e'.repeat(255) as EventId
  const datapoints = Array.from({ length: MAX_BATCH_SIZE }, () => item(event, -Number.MAX_VALUE))
  const one = new Map([[event as string, { event, isLinked: true }]])
  const times = parseGivenTimes(datapoints)
  const { instants } = layOutFrames({ datapoints, times, links: one, firstStamp: FIRST, now: NOW, oldest: NOW - DAY })
  expect(instants).toHaveLength(MAX_BATCH_SIZE)
  const source = new OwnSource(63)
  const frames = instants.map(({ time, values }) => source.frame(time, values))
  expect(JSON.stringify(frames).length).toBeLessThan(MAX_FRAME_MESSAGE_BYTES / 2)
})

test('keeps what is for an output out of the frames, and refuses it for another moment than now', () => {
  const { instants, accepted, setpoints, rejected } = layOut(
    item(OUTPUT, 1),
    item(A, 2),
    item(OUTPUT, 3, '2026-11-24T12:00:04Z'),
    item(OUTPUT, 4, '2026-11-24T11:59:54Z'),
    item(OUTPUT, 5, '2026-11-24T12:00:06Z'),
    item(OUTPUT, 6, 'noon'),
  )
  expect(instants).toEqual([{ time: FIRST, values: { [A]: 2 } }])
  expect(accepted).toBe(1)
  expect(setpoints).toEqual([
    { index: 0, output, value: 1 },
    { index: 2, output, value: 3 },
  ])
  expect(rejected.map(({ index, code }) => [index, code])).toEqual([
    [3, 'bad_time'],
    [4, 'bad_time'],
    [5, 'bad_time'],
  ])
})
