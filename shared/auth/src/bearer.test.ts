import { expect, test } from 'vitest'
import { bearerToken } from './bearer.ts'

test.each(['Bearer abc', 'bearer abc', 'BEARER   abc '])('finds the token in %j', (header) => {
  expect(bearerToken(header)).toBe('abc')
})

test.each([undefined, '', 'Bearer', 'Bearer ', 'Basic abc', 'abc', 'Bearer a b'])('finds none in %j', (header) => {
  expect(() => bearerToken(header)).toThrow(expect.objectContaining({ code: 'auth.required' }))
})
