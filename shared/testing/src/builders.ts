import { type EventId, type Frame, formatTime, newId, nowMicros } from '@webmacs/contracts'

const EPOCH = 'test'
let lastSeq = 0

/** A valid frame: source `lab-1`, a seq that rises with each call, sampled now, one value of a new event. */
export function aFrame(overrides: Partial<Frame> = {}): Frame {
  lastSeq += 1
  return {
    source: 'lab-1',
    epoch: EPOCH,
    seq: lastSeq,
    time: formatTime(nowMicros()),
    values: valuesOf([[newId('evt'), 1]]),
    ...overrides,
  }
}

/** A frame's values from pairs, so that a test need not repeat the type. */
export const valuesOf = (pairs: readonly (readonly [EventId, number | null])[]): Frame['values'] =>
  Object.fromEntries(pairs) as Frame['values'] // the pairs' keys are event ids
