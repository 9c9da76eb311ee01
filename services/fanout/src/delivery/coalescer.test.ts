import type { EventId } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import { Coalescer } from './coalescer.ts'

const A = 'evt_aaaaaaaaaaaa' as EventId
const B = 'evt_bbbbbbbbbbbb' as EventId

test('sends the first update at once', () => {
  expect(new Coalescer(200).offer(A, 1000)).toBe(true)
})

test('makes updates within the interval wait, and sends once when it is over', () => {
  const coalescer = new Coalescer(200)
  coalescer.offer(A, 1000)
  expect(coalescer.offer(A, 1080)).toBe(false)
  expect(coalescer.offer(A, 1160)).toBe(false)
  expect(coalescer.due(1199)).toEqual([])
  expect(coalescer.due(1200)).toEqual([A])
  expect(coalescer.due(1400)).toEqual([])
})

test('never sends an event more often than the interval allows', () => {
  const coalescer = new Coalescer(200)
  const sent: number[] = []
  for (let now = 0; now < 2000; now += 7) {
    if (coalescer.offer(A, now) || coalescer.due(now).length > 0) sent.push(now)
  }
  for (const [position, time] of sent.entries()) {
    if (position > 0) expect(time - (sent[position - 1] ?? 0)).toBeGreaterThanOrEqual(200)
  }
  expect(sent.length).toBeGreaterThanOrEqual(9)
})

test('treats events apart', () => {
  const coalescer = new Coalescer(200)
  coalescer.offer(A, 1000)
  expect(coalescer.offer(B, 1001)).toBe(true)
  expect(coalescer.hasWaiting).toBe(false)
})
