import type { StreamSocket } from '@webmacs/client'
import { type Datapoint, type EventId, newId } from '@webmacs/contracts'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLiveConnection, type LiveConnection } from './live-connection.ts'

const A: EventId = newId('evt')
let socket: StreamSocket
let isServerAway: boolean
let polls: number
let refusals: number
let live: LiveConnection

const aDatapoint = (): Datapoint => ({
  public_id: 'dp_1',
  value: 7,
  timestamp: new Date().toISOString(),
  event_public_id: A,
  experiment_public_id: null,
})
const connect = () => socket.onmessage?.({ data: '{"type":"connected","message":"Hello"}' })
const breakOff = () => socket.onclose?.({ code: 1006, reason: '' })
const failThrice = async () => {
  for (const waitMs of [1300, 2500, 0]) {
    breakOff()
    await vi.advanceTimersByTimeAsync(waitMs)
  }
}

beforeEach(() => {
  vi.useFakeTimers()
  isServerAway = false
  polls = 0
  refusals = 0
  live = createLiveConnection({
    url: 'ws://rig',
    getToken: () => 'token',
    onUnauthorized: () => {
      refusals++
    },
    network: new EventTarget(),
    schedule: (flush) => flush(),
    client: {
      datapoints: {
        latest: async () => {
          polls++
          if (isServerAway) throw new Error('away')
          return [aDatapoint()]
        },
      },
    },
    openSocket: () => {
      socket = { onmessage: null, onclose: null, onerror: null, send: () => undefined, close: () => undefined }
      return socket
    },
  })
  live.start()
})

afterEach(() => {
  live.stop()
  vi.useRealTimers()
})

test('polls in place of a stream that does not come, and stops when it is back', async () => {
  await failThrice()
  expect(live.state().status).toBe('polling')
  expect(live.readings.latest(A)?.value).toBe(7)
  await vi.advanceTimersByTimeAsync(1500)
  expect(polls).toBe(2)
  await vi.advanceTimersByTimeAsync(5000)
  connect()
  const before = polls
  await vi.advanceTimersByTimeAsync(3000)
  expect(polls).toBe(before)
  expect(live.state().status).toBe('live')
})

test('does not claim to poll while no poll is answered', async () => {
  isServerAway = true
  await failThrice()
  expect(live.state()).toMatchObject({ status: 'connecting', reason: 'Connection lost' })
  isServerAway = false
  await vi.advanceTimersByTimeAsync(1500)
  expect(live.state().status).toBe('polling')
})

test('a changed role signs nobody out', async () => {
  connect()
  const before = socket
  socket.onclose?.({ code: 1008, reason: 'Role has changed' })
  await vi.advanceTimersByTimeAsync(0)
  expect(socket).not.toBe(before)
  connect()
  expect(live.state().status).toBe('live')
  expect(refusals).toBe(0)
})

test('tells of a recovery only after an outage', async () => {
  const onRecovered = vi.fn()
  live.onRecovered(onRecovered)
  connect()
  expect(onRecovered).not.toHaveBeenCalled()
  breakOff()
  await vi.advanceTimersByTimeAsync(1300)
  connect()
  expect(onRecovered).toHaveBeenCalledTimes(1)
})
