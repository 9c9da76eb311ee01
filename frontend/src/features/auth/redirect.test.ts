import { expect, test } from 'vitest'
import { safeRedirect } from './redirect.ts'

test.each([
  ['/', '/'],
  ['/trends?range=60', '/trends?range=60'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['https://evil.example', '/'],
  ['/login?redirect=/', '/'],
  [undefined, '/'],
  [7, '/'],
])('%j leads to %s', (wanted, path) => {
  expect(safeRedirect(wanted)).toBe(path)
})
