import { expect, test } from 'vitest'
import { numberIn, unescapeText } from './characters.ts'

test('understands escapes as people write them', () => {
  expect(unescapeText('SI\\r\\n')).toBe('SI\r\n')
  expect(unescapeText('\\x02READ\\x03')).toBe('\u0002READ\u0003')
  expect(unescapeText('a\\\\b\\q')).toBe('a\\b\\q')
})

test.each<[string, RegExp, number | undefined]>([
  ['S S    12.345 g', /([-+]?\d+(?:[.,]\d+)?)/, 12.345],
  ['T=-3,5', /T=([-+]?\d+,\d+)/, -3.5],
  ['42', /\d+/, 42],
  ['ERROR', /(\d+)/, undefined],
  ['P=1e5', /P=(.*)/, 100_000],
  ['P=warm', /P=(.*)/, undefined],
])('finds in "%s" with %s', (frame, pattern, value) => {
  expect(numberIn(frame, pattern)).toBe(value)
})
