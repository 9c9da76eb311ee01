import { type EventId, Frame, FrameMessage, MAX_FRAME_MESSAGE_BYTES, newId } from '@webmacs/contracts'
import { createValidator } from '@webmacs/contracts/validation'
import { beforeEach, describe, expect, test } from 'vitest'
import { openTestOutbox, SECOND } from '../testing/outbox.ts'
import type { DiskOutbox, DiskOutboxOptions } from './disk-outbox.ts'
import type { DroppedFrames, OutboxMessage } from './outbox.ts'

const START = 1_700_000_000 * SECOND
const event: EventId = newId('evt')
const BOUNDS = { maxBytes: 100_000_000, maxAge: 1e18, maxUnwrittenBytes: 1_000_000 }
/** A few hundred small frames. */
const SMALL = { ...BOUNDS, maxBytes: 100_000 }

let dropped: DroppedFrames[]
beforeEach(() => {
  dropped = []
})

const anOutbox = (overrides: Partial<DiskOutboxOptions> = {}): DiskOutbox =>
  openTestOutbox({ onDropped: (frames) => void dropped.push(frames), ...overrides })

/** One frame a second, the first at START. */
function fill(outbox: DiskOutbox, count: number, from = 0): void {
  for (let second = from; second < from + count; second++)
    outbox.append({ instance: 'plg', time: START + second * SECOND, values: { [event]: second } })
}

function framesOf(message: OutboxMessage | undefined): Frame[] {
  if (message === undefined) return []
  const content: unknown = JSON.parse(message.payload)
  const result = createValidator(FrameMessage, 'message')(content)
  if (!result.ok) throw new Error(JSON.stringify(result.errors))
  return Array.isArray(result.value) ? result.value : [result.value]
}

const seqsOf = (message: OutboxMessage | undefined): number[] => framesOf(message).map(({ seq }) => seq)

/** Takes and confirms all that is unsent; the stream counts on from `streamSeq`. */
function sendAll(outbox: DiskOutbox, now: number, streamSeq = 1): number[] {
  const sent: number[] = []
  for (let message = outbox.take(now); message !== undefined; message = outbox.take(now)) {
    sent.push(...seqsOf(message))
    outbox.confirm(message, streamSeq++)
  }
  return sent
}

describe('order', () => {
  test('numbers frames from 1 and writes them as the contract says', () => {
    const outbox = anOutbox()
    outbox.append({ instance: 'plg', time: START, values: { [event]: 23.5 }, quality: { [event]: ['simulated'] } })
    const message = outbox.take(START)
    expect(message?.lane).toBe('live')
    expect(createValidator(Frame, 'frame')(JSON.parse(message?.payload ?? ''))).toEqual({
      ok: true,
      value: {
        source: 'lab-1',
        epoch: 'e1',
        seq: 1,
        time: '2023-11-14T22:13:20Z',
        values: { [event]: 23.5 },
        quality: { [event]: ['simulated'] },
      },
    })
  })

  test('packs what waits into one message, in order, and gives nothing twice', () => {
    const outbox = anOutbox()
    fill(outbox, 5)
    expect(seqsOf(outbox.take(START + 5 * SECOND))).toEqual([1, 2, 3, 4, 5])
    expect(outbox.take(START + 5 * SECOND)).toBeUndefined()
  })

  test('sends what is younger than ten seconds first, the rest as backlog, each in order', () => {
    const outbox = anOutbox()
    fill(outbox, 30)
    const now = START + 29 * SECOND
    const live = outbox.take(now)
    const backlog = outbox.take(now)
    expect([live?.lane, seqsOf(live)]).toEqual(['live', [20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30]])
    expect([backlog?.lane, seqsOf(backlog)]).toEqual(['backlog', Array.from({ length: 19 }, (_, index) => index + 1)])
  })

  test('keeps live frames going while the backlog is caught up on', () => {
    const outbox = anOutbox()
    fill(outbox, 500)
    const now = START + 499 * SECOND
    outbox.take(now)
    expect(outbox.take(now)?.lane).toBe('backlog')
    fill(outbox, 1, 500)
    expect(seqsOf(outbox.take(now + SECOND))).toEqual([501])
    expect(outbox.take(now + SECOND)?.lane).toBe('backlog')
  })

  test('keeps messages small enough for the broker', () => {
    const outbox = anOutbox()
    const values = Object.fromEntries(Array.from({ length: 2500 }, () => [newId('evt'), 1.5]))
    for (let frame = 0; frame < 20; frame++) outbox.append({ instance: 'plg', time: START, values })
    for (let message = outbox.take(START); message !== undefined; message = outbox.take(START))
      expect(message.payload.length).toBeLessThan(MAX_FRAME_MESSAGE_BYTES)
    expect(outbox.level().unsent).toBe(20)
  })
})

describe('delivery', () => {
  test('keeps a frame until the historian has dealt with it, not just until the broker has it', () => {
    const outbox = anOutbox()
    fill(outbox, 3)
    sendAll(outbox, START)
    expect(outbox.level()).toMatchObject({ frames: 3, unsent: 0, oldest: START })
    outbox.commit({ source: 'lab-1', epoch: 'e1', watermark: 2, ranges: [{ first: 1, last: 2 }] })
    expect(outbox.level()).toMatchObject({ frames: 1, oldest: START + 2 * SECOND })
    outbox.commit({ source: 'lab-1', epoch: 'e1', watermark: 3, ranges: [{ first: 1, last: 3 }] })
    expect(outbox.level()).toMatchObject({ frames: 0, unsent: 0, oldest: undefined })
  })

  test('lets frames beyond a gap go, and keeps the gap', () => {
    const outbox = anOutbox()
    fill(outbox, 6)
    sendAll(outbox, START)
    outbox.commit({
      source: 'lab-1',
      epoch: 'e1',
      watermark: 1,
      ranges: [
        { first: 1, last: 1 },
        { first: 4, last: 5 },
      ],
    })
    expect(outbox.requeueLost({ replaced: true, firstSeq: 1, lastSeq: 0 }, outbox.confirmations())).toBe(3)
    expect(sendAll(outbox, START)).toEqual([2, 3, 6])
  })

  test('does not take the watermark of another epoch for its own', () => {
    const outbox = anOutbox()
    fill(outbox, 3)
    outbox.commit({ source: 'lab-1', epoch: 'older', watermark: 100, ranges: [] })
    expect(outbox.level().frames).toBe(3)
  })

  test('does not trust a watermark beyond what it has', () => {
    const outbox = anOutbox()
    fill(outbox, 3)
    outbox.commit({ source: 'lab-1', epoch: 'e1', watermark: 1e15, ranges: [{ first: 1, last: 1e15 }] })
    fill(outbox, 1, 3)
    expect(seqsOf(outbox.take(START))).toEqual([4])
  })

  test('gives back what could not be published, in order, and late as backlog', () => {
    const outbox = anOutbox()
    fill(outbox, 2)
    const first = outbox.take(START)
    fill(outbox, 2, 2)
    const second = outbox.take(START)
    if (second) outbox.giveBack(second)
    if (first) outbox.giveBack(first)
    expect(seqsOf(outbox.take(START + 3 * SECOND))).toEqual([1, 2, 3, 4])
  })

  test('sends again what the stream has no more, and only that', () => {
    const outbox = anOutbox()
    for (let frame = 0; frame < 10; frame++) {
      fill(outbox, 1, frame)
      sendAll(outbox, START + frame * SECOND, 100 + frame)
    }
    const now = START + 60 * SECOND
    expect(outbox.requeueLost({ replaced: false, firstSeq: 103, lastSeq: 107 }, outbox.confirmations())).toBe(5)
    const again = outbox.take(now)
    expect([again?.lane, seqsOf(again)]).toEqual(['backlog', [1, 2, 3, 9, 10]])
  })

  test('does not judge what was confirmed after the state of the stream was asked for', () => {
    const outbox = anOutbox()
    fill(outbox, 1)
    const before = outbox.confirmations()
    sendAll(outbox, START, 50)
    expect(outbox.requeueLost({ replaced: false, firstSeq: 1, lastSeq: 49 }, before)).toBe(0)
  })
})

describe('bounds', () => {
  test('lets the oldest frames go when there are too many, says which, and writes them into the ledger', () => {
    const outbox = anOutbox({ bounds: SMALL })
    fill(outbox, 2000)
    const lost = dropped.reduce((sum, { firstSeq, lastSeq }) => sum + lastSeq - firstSeq + 1, 0)
    expect(dropped[0]).toMatchObject({ epoch: 'e1', firstSeq: 1, from: START, sent: false })
    expect(lost).toBeGreaterThan(1000)
    expect(outbox.level().bytes).toBeLessThanOrEqual(SMALL.maxBytes + 4096)
    expect(sendAll(outbox, START)).toEqual(Array.from({ length: 2000 - lost }, (_, index) => lost + index + 1))
    expect(outbox.gaps.size).toBe(1)
    expect(outbox.gaps.next()?.gap).toEqual({
      reason: 'overflow',
      from: START,
      to: START + (lost - 1) * SECOND,
      instance: null,
      events: [],
      frames: { epoch: 'e1', firstSeq: 1, lastSeq: lost },
    })
  })

  test('tells frames that the stream has from frames that are lost', () => {
    const outbox = anOutbox({ bounds: SMALL })
    fill(outbox, 100)
    sendAll(outbox, START)
    fill(outbox, 900, 100)
    expect(dropped.find(({ sent }) => sent)).toMatchObject({ firstSeq: 1, sent: true })
    expect(outbox.gaps.next()?.gap.frames).toMatchObject({ firstSeq: 101 })
  })

  test('keeps what is on its way, and is not confused by the answer', () => {
    const outbox = anOutbox({ bounds: SMALL })
    fill(outbox, 2)
    const message = outbox.take(START)
    fill(outbox, 1000, 2)
    expect(dropped[0]?.firstSeq).toBe(3)
    if (message) outbox.confirm(message, 1)
    expect(sendAll(outbox, START)[0]).toBeGreaterThan(3)
  })

  test('lets frames go that are older than their age', () => {
    const outbox = anOutbox({ bounds: { ...BOUNDS, maxAge: 60 * SECOND } })
    fill(outbox, 200)
    outbox.tend(START + 199 * SECOND)
    expect(outbox.level()).toMatchObject({ frames: 61, oldest: START + 139 * SECOND })
    expect(outbox.gaps.next()?.gap.frames).toEqual({ epoch: 'e1', firstSeq: 1, lastSeq: 139 })
  })

  test('does not let go of anything while there is room of frames that are dealt with', () => {
    const outbox = anOutbox({ bounds: SMALL })
    for (let turn = 0; turn < 50; turn++) {
      fill(outbox, 100, turn * 100)
      sendAll(outbox, START)
      outbox.commit({ source: 'lab-1', epoch: 'e1', watermark: (turn + 1) * 100, ranges: [] })
    }
    expect(dropped).toEqual([])
  })
})

describe('one entry that is held', () => {
  test('does not make the others dearer to let go', () => {
    const outbox = anOutbox()
    fill(outbox, 1)
    const commitTo = (last: number): void =>
      outbox.commit({ source: 'lab-1', epoch: 'e1', watermark: 0, ranges: [{ first: 2, last }] })
    const count = 40_000
    for (let second = 1; second < count; second += 10_000) {
      fill(outbox, 10_000, second)
      commitTo(second + 10_000)
    }
    expect(outbox.level().frames).toBe(1)
    const started = performance.now()
    for (let commit = 0; commit < 1000; commit++) commitTo(count)
    expect(performance.now() - started).toBeLessThan(300)
  })

  test('keeps exactly what lies between ranges, in whatever order they come', () => {
    const outbox = anOutbox()
    fill(outbox, 10)
    const ranges = [
      { first: 8, last: 9 },
      { first: 3, last: 4 },
      { first: 4, last: 6 },
    ]
    outbox.commit({ source: 'lab-1', epoch: 'e1', watermark: 1, ranges })
    expect(sendAll(outbox, START)).toEqual([2, 7, 10])
  })
})

describe('epochs', () => {
  test('starts sequence numbers anew and commits each epoch by its own watermark', () => {
    const outbox = anOutbox()
    fill(outbox, 2)
    outbox.startEpoch('e2')
    fill(outbox, 3)
    expect(outbox.epochs()).toEqual(['e1', 'e2'])
    const frames = framesOf(outbox.take(START))
    expect(frames.map(({ epoch, seq }) => `${epoch}/${seq}`)).toEqual(['e1/1', 'e1/2', 'e2/1', 'e2/2', 'e2/3'])
    outbox.commit({ source: 'lab-1', epoch: 'e1', watermark: 9, ranges: [] })
    expect(outbox.level().frames).toBe(3)
    expect(outbox.epochs()).toEqual(['e2'])
    outbox.commit({ source: 'lab-1', epoch: 'e2', watermark: 3, ranges: [] })
    expect(outbox.level().frames).toBe(0)
  })
})
