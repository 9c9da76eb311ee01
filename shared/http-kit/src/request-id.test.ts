import { expect, test } from 'vitest'
import { requestIdOf } from './request-id.ts'

const idFor = (given: string | string[] | undefined): string =>
  requestIdOf({ headers: given === undefined ? {} : { 'x-request-id': given } })

test('goes on with the id that the caller gave', () => {
  expect(idFor('b7c1-4f.trace_01')).toBe('b7c1-4f.trace_01')
})

test.each([
  undefined,
  '',
  'short',
  'a b c d e f',
  'x'.repeat(129),
  'line\nbreak-12345',
  ['first-12345', 'second-12345'],
])('makes its own instead of %j', (given) => {
  expect(idFor(given)).toMatch(/^[0-9a-f-]{36}$/)
})
