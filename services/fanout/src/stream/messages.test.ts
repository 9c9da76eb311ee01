import { expect, test } from 'vitest'
import { readClientMessage } from './messages.ts'

test.each(['nonsense', '', '[1]', '42', 'null', '"ping"'])('takes %j for no message', (text) => {
  expect(readClientMessage(text)).toEqual({ kind: 'not-json' })
})

test.each(['{}', '{"type":"hello"}', '{"a":1}'])('passes over %s', (text) => {
  expect(readClientMessage(text)).toEqual({ kind: 'ignored' })
})

test.each([
  ['{"type":"ping"}', { type: 'ping' }],
  ['{"type":"subscribe"}', { type: 'subscribe' }],
  [
    '{"type":"subscribe","event_public_ids":["evt_1"],"max_rate_hz":1}',
    { type: 'subscribe', event_public_ids: ['evt_1'], max_rate_hz: 1 },
  ],
])('reads %s', (text, request) => {
  expect(readClientMessage(text)).toEqual({ kind: 'request', request })
})

test.each([
  ['{"type":"subscribe","event_public_ids":"evt_1"}', 'message.event_public_ids'],
  ['{"type":"subscribe","max_rate_hz":50}', 'message.max_rate_hz'],
])('names what is wrong with %s', (text, field) => {
  const message = readClientMessage(text)
  expect(message.kind).toBe('invalid')
  if (message.kind === 'invalid') expect(message.problem).toContain(field)
})
