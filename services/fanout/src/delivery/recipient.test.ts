import type { EventId, Frame } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import { NewestReadings } from '../feed/newest-readings.ts'
import { type Outlet, Recipient } from './recipient.ts'

const A = 'evt_aaaaaaaaaaaa' as EventId

/** A socket whose reader decides when it reads. */
class StallableOutlet implements Outlet {
  bufferedAmount = 0
  readonly received: string[] = []
  readonly #unread: { data: string; sent: (err?: Error) => void }[] = []

  send(data: string, sent: (err?: Error) => void): void {
    this.bufferedAmount += data.length
    this.#unread.push({ data, sent })
  }

  readAll(): void {
    for (let next = this.#unread.shift(); next !== undefined; next = this.#unread.shift()) {
      this.received.push(next.data)
      this.bufferedAmount -= next.data.length
      next.sent()
    }
  }
}

function setUp() {
  const outlet = new StallableOutlet()
  const newest = new NewestReadings()
  let coalesced = 0
  const recipient = new Recipient({
    outlet,
    newest,
    maxBufferedBytes: 100,
    onCoalesced: (events) => {
      coalesced += events
    },
  })
  const read = (second: number) => {
    const time = `2026-11-23T16:00:${String(second).padStart(2, '0')}Z`
    newest.accept({ source: 's', epoch: 'e', seq: second, time, values: { [A]: second } as Frame['values'] })
    recipient.deliver(`${'x'.repeat(60)}${second}`, [A])
  }
  return { outlet, recipient, read, coalesced: () => coalesced }
}

test('writes on while the client reads', () => {
  const { outlet, read } = setUp()
  for (let second = 1; second <= 5; second++) {
    read(second)
    outlet.readAll()
  }
  expect(outlet.received).toHaveLength(5)
})

test('keeps what it buffers bounded while the client stalls, and then sends the newest value once', () => {
  const { outlet, recipient, read, coalesced } = setUp()
  for (let second = 1; second <= 50; second++) read(second)
  expect(outlet.bufferedAmount).toBeLessThan(200)
  expect(recipient.blockedSince).toBeDefined()
  outlet.readAll()
  expect(recipient.blockedSince).toBeUndefined()
  expect(JSON.parse(outlet.received.at(-1) ?? '')).toMatchObject({ datapoints: [{ event_public_id: A, value: 50 }] })
  expect(outlet.received.length + coalesced()).toBe(51)
})
