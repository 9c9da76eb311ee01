import { expect, test } from 'vitest'
import { parseValuePath, valueAt } from './value-path.ts'

const json = { sensors: [{ 'temp.in': 3, temperature: 21.5 }], 'a/b': { '~': 7 }, '': 8 }

test.each([
  ['sensors[0].temperature', 21.5],
  ['$.sensors[0].temperature', 21.5],
  ['/sensors/0/temp.in', 3],
  ['/a~1b/~0', 7],
  ['/', 8],
  ['', json],
  ['sensors[1].temperature', undefined],
  ['sensors.length.toFixed', undefined],
  ['constructor', undefined],
])('finds what stands at %s', (path, value) => {
  expect(valueAt(json, parseValuePath(path) ?? ['unparsed'])).toEqual(value)
})

test.each(['a..b', 'a[b]', 'a[0', 'a.', '.a', '[0]]'])('does not take %s for a path', (path) => {
  expect(parseValuePath(path)).toBeUndefined()
})
