import { Frame, GOOD } from '@webmacs/contracts'
import { createValidator } from '@webmacs/contracts/validation'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkEnvelope, checkQuality, checkValue, originOf } from './check-frame.ts'

const bySchema = createValidator(Frame, 'frame')
const BAD = 2

/** What the hand-written check says of a whole frame; that null needs a bad quality is beyond the schema and is left out here. */
function byHand(frame: unknown): boolean {
  const envelope = checkEnvelope(frame)
  if (!envelope.ok) return false
  const { values, quality = {} } = envelope.value
  return (
    Object.values(values).every((value) => checkValue(value, BAD) === undefined) &&
    Object.entries(quality).every(([event, words]) => checkQuality(event, words).ok)
  )
}

const token = fc.constantFrom('lab-1', 'k3', 'a.b', '', 'x'.repeat(65), 'ü', 'a b', 7, null, undefined)
const words = fc.oneof(
  fc.array(fc.constantFrom('good', 'bad', 'late', 'simulated', 'odd', 3, null), { maxLength: 14 }),
  fc.constantFrom('bad', null, {}),
)
const value = fc.oneof(fc.double(), fc.constantFrom(null, '1', true, [], {}, 0, 23.5))
const frame = fc.record(
  {
    source: fc.oneof({ weight: 6, arbitrary: fc.constant('lab-1') }, token),
    epoch: fc.oneof({ weight: 6, arbitrary: fc.constant('k3v9') }, token),
    seq: fc.oneof(
      { weight: 6, arbitrary: fc.constant(5) },
      fc.constantFrom(0, -1, 1.5, 2 ** 53, '1', null, Number.POSITIVE_INFINITY),
    ),
    time: fc.oneof({ weight: 6, arbitrary: fc.constant('2026-11-23T16:00:00Z') }, fc.constantFrom(5, null, '')),
    values: fc.oneof(
      { weight: 6, arbitrary: fc.dictionary(fc.string(), value, { maxKeys: 3 }) },
      fc.constantFrom([], null, 'x'),
    ),
    quality: fc.oneof(
      { weight: 6, arbitrary: fc.dictionary(fc.string(), words, { maxKeys: 2 }) },
      fc.constantFrom([], null, 'x'),
    ),
    more: fc.anything(),
  },
  { requiredKeys: ['source', 'epoch', 'seq', 'time', 'values'] },
)

test('accepts exactly the frames that the contract accepts', () => {
  fc.assert(
    fc.property(fc.oneof({ weight: 20, arbitrary: frame }, fc.anything()), (candidate) => {
      expect(byHand(candidate)).toBe(bySchema(candidate).ok)
    }),
    { numRuns: 3000 },
  )
})

test('names the field and the rule', () => {
  expect(checkEnvelope({ source: 'a b' })).toMatchObject({ error: { field: 'frame.source' } })
  expect(checkEnvelope([])).toMatchObject({ error: { field: 'frame', rule: 'must be an object' } })
  expect(checkQuality('evt_1', ['odd'])).toMatchObject({ error: { field: 'frame.quality.evt_1.0' } })
})

test('lets a value be null only where the quality is bad', () => {
  expect(checkValue(null, BAD)).toBeUndefined()
  expect(checkValue(null, GOOD)).toBe('may be null only where the quality is bad')
  expect(checkValue(JSON.parse('1e999'), GOOD)).toBe('must be a finite number')
})

test('finds the number of a frame that is otherwise broken', () => {
  expect(originOf({ source: 'lab-1', epoch: 'k', seq: 9, values: 'none' })).toEqual({
    source: 'lab-1',
    epoch: 'k',
    seq: 9,
  })
  expect(originOf({ source: 'lab-1', epoch: 'k', seq: 0 })).toBeUndefined()
})
