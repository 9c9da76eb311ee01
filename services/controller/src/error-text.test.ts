import { expect, test } from 'vitest'
import { errorText } from './error-text.ts'

test.each([
  [new Error('connect failed', { cause: new Error('ECONNREFUSED') }), 'connect failed: ECONNREFUSED'],
  [new Error('same', { cause: new Error('same') }), 'same'],
  [new TypeError(), 'TypeError'],
  ['thrown text', 'thrown text'],
  [undefined, 'unknown error'],
])('describes %o', (err, text) => {
  expect(errorText(err)).toBe(text)
})

test('is bounded', () => {
  expect(errorText(new Error('x'.repeat(10_000)))).toHaveLength(500)
})
