import { expect, test } from 'vitest'
import { readTelemetryMessage } from './read-message.ts'

const aDatapoint = { value: 1, event_public_id: 'evt_1' }
const read = (message: unknown) => readTelemetryMessage(JSON.stringify(message))
const datapointsOf = (message: unknown) => {
  const input = read(message)
  return input.kind === 'batch' ? input.batch.datapoints : input.kind
}

test.each(['nonsense', '', '[1]', '42', 'null', '"ping"', '{"a":NaN', 'NaN'])('takes %j for no message', (text) => {
  expect(readTelemetryMessage(text)).toEqual({ kind: 'not-json' })
})

test.each([
  [{}],
  [{ other: 1 }],
  [{ datapoints: [] }],
  [{ datapoints: {} }],
  [{ datapoints: null }],
  [{ datapoints: '' }],
  [{ datapoints: 0 }],
  [{ datapoints: false }],
  [{ id: null }],
])('passes over %j, as older servers did', (message) => {
  expect(read(message)).toEqual({ kind: 'empty', id: undefined })
})

test.each([['text'], [5], [true], [{ 0: aDatapoint }], [[1, null, 'x', []]]])(
  'says that there is no valid datapoint in %j',
  (datapoints) => {
    expect(read({ datapoints })).toMatchObject({ kind: 'refused', message: 'No valid datapoints in batch' })
  },
)

test('refuses a batch that is too large and says how large it is', () => {
  const datapoints = Array.from({ length: 501 }, () => aDatapoint)
  expect(read({ datapoints })).toMatchObject({ kind: 'refused', message: 'Batch too large (501), max 500' })
  expect(read({ datapoints: datapoints.slice(1) })).toMatchObject({ kind: 'batch' })
})

test.each([[5], [''], ['x'.repeat(256)], [{}], [true]])('refuses the id %j and names the rule', (id) => {
  expect(read({ id, datapoints: [aDatapoint] })).toMatchObject({
    kind: 'refused',
    message: 'id must be a string of 1 to 255 characters',
  })
})

test.each([
  ['1.5', 1.5],
  [' 2 ', 2],
  ['1e3', 1000],
  ['-.5', -0.5],
  ['+7.', 7],
  [true, 1],
  [false, 0],
])('takes the value %j for %d', (value, number) => {
  expect(datapointsOf({ datapoints: [{ value, event_public_id: 'evt_1' }] })).toEqual([
    { value: number, event_public_id: 'evt_1' },
  ])
})

test.each([[null], ['nan'], ['Infinity'], ['0x10'], [''], ['1e999'], [[3]], [{}], ['1'.repeat(65)]])(
  'does not take the value %j',
  (value) => {
    expect(datapointsOf({ datapoints: [{ value, event_public_id: 'evt_1' }] })).toBe('refused')
  },
)

test('does not take a number beyond the largest', () => {
  expect(readTelemetryMessage('{"datapoints":[{"value":1e400,"event_public_id":"evt_1"}]}').kind).toBe('refused')
})

test.each([
  [17, '17'],
  [true, 'true'],
  ['', ''],
])('takes the event %j as text', (event_public_id, text) => {
  expect(datapointsOf({ datapoints: [{ value: 1, event_public_id }] })).toEqual([{ value: 1, event_public_id: text }])
})

test.each([[null], [undefined], [['evt_1']], ['x'.repeat(256)]])('does not take the event %j', (event_public_id) => {
  expect(datapointsOf({ datapoints: [{ value: 1, event_public_id }] })).toBe('refused')
})

test.each(['2026-11-23T16:12:13.408444Z', '2026-11-23T16:12:13+01:00', null])('takes the time %j', (timestamp) => {
  expect(datapointsOf({ datapoints: [{ ...aDatapoint, timestamp }] })).toEqual([
    timestamp === null ? aDatapoint : { ...aDatapoint, timestamp },
  ])
})

test.each(['', 'yesterday', '2026-02-30T00:00:00Z', 1_795_000_000, true])('does not take the time %j', (timestamp) => {
  expect(datapointsOf({ datapoints: [{ ...aDatapoint, timestamp }] })).toBe('refused')
})

test('keeps good datapoints, and tells place and reason of the others', () => {
  const input = read({ id: 'b1', datapoints: [null, aDatapoint, { value: 'x', event_public_id: 'evt_2' }, aDatapoint] })
  expect(input).toEqual({
    kind: 'batch',
    batch: {
      id: 'b1',
      datapoints: [aDatapoint, aDatapoint],
      places: [1, 3],
      rejected: [
        { index: 0, event_public_id: '', code: 'invalid', reason: 'A datapoint must be an object.' },
        { index: 2, event_public_id: 'evt_2', code: 'invalid', reason: 'value must be a finite number.' },
      ],
    },
  })
})

test("does not lose good values beside a sensor's bare NaN", () => {
  const text = `{"datapoints":[{"value":NaN,"event_public_id":"NaN, \\"-Infinity"},{"value":-Infinity,"event_public_id":"evt_1"},
    {"value":2,"event_public_id":"a NaN"}]}`
  expect(readTelemetryMessage(text)).toMatchObject({
    kind: 'batch',
    batch: { datapoints: [{ value: 2, event_public_id: 'a NaN' }], places: [2] },
  })
})
