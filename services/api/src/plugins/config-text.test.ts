import { expect, test } from 'vitest'
import { configText, parseConfigText } from './config-text.ts'

test('reads the text of an object, and nothing as nothing', () => {
  expect(parseConfigText('{"host":"10.0.0.7","ports":[1,2]}')).toEqual({ host: '10.0.0.7', ports: [1, 2] })
  expect(parseConfigText(null)).toEqual({})
  expect(configText(parseConfigText('{"a":{"b":null}}'))).toBe('{"a":{"b":null}}')
  expect(configText({})).toBeNull()
})

test.each([
  '',
  'host: 10.0.0.7',
  '[]',
  'null',
  '"text"',
  '5',
  '{"a":1e400}',
  '{"a":"\\u0000"}',
  '{"a\\u0000":1}',
  '{"a":"\\ud800"}',
  `${'{"a":'.repeat(30_000)}1${'}'.repeat(30_000)}`,
  `{"a":${'['.repeat(40)}${']'.repeat(40)}}`,
])('refuses %.40s', (text) => {
  expect(() => parseConfigText(text)).toThrow(/^body\.config_json must/)
})
