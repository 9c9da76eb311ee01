import { NoReplyError } from '@webmacs/bus'
import { AppError } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import { asAppError } from './failures.ts'

const withCode = (code: string, message = 'details of the inside', more: object = {}): Error =>
  Object.assign(new Error(message), { code, ...more })

test.each([
  [withCode('FST_ERR_CTP_BODY_TOO_LARGE'), 'request.too-large'],
  [withCode('FST_ERR_CTP_INVALID_MEDIA_TYPE'), 'request.media-type'],
  [withCode('FST_ERR_CTP_INVALID_CONTENT_LENGTH'), 'request.invalid'],
  [withCode('FST_ERR_BAD_URL'), 'request.invalid'],
  [withCode('FST_ERR_MAX_PARAM_LENGTH'), 'route.unknown'],
  [withCode('FST_ERR_HANDLER_TIMEOUT', 'timed out', { statusCode: 503 }), 'service.unavailable'],
  [withCode('FST_ERR_SOMETHING_ELSE', 'said by the framework', { statusCode: 400 }), 'request.invalid'],
  [withCode('ECONNREFUSED'), 'database.unavailable'],
  [new Error('Connection terminated unexpectedly'), 'database.unavailable'],
  [new Error('timeout exceeded when trying to connect'), 'database.unavailable'],
  [withCode('22021'), 'request.invalid'],
  [new NoReplyError('webmacs.telemetry', undefined), 'broker.unavailable'],
  [new TypeError('x is not a function'), 'internal'],
  ['thrown text', 'internal'],
  [undefined, 'internal'],
])('makes of %s the error %s', (err, code) => {
  const error = asAppError(err)
  expect(error.code).toBe(code)
  expect(error.message).not.toContain('details of the inside')
})

test('leaves an error of the catalogue as it is', () => {
  const error = new AppError('event.exists', { detail: "Event 'x' already exists." })
  expect(asAppError(error)).toBe(error)
})

test('keeps what happened as the cause, for the log', () => {
  const err = new TypeError('x is not a function')
  expect(asAppError(err).cause).toBe(err)
})
