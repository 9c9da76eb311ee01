import { expect, test } from 'vitest'
import { unstorableText } from './storable-text.ts'

const find = (json: string) => unstorableText(json, JSON.parse(json))?.errors?.map(({ field }) => field)

test.each([
  ['{"name":"a\\u0000b"}', 'body.name'],
  ['{"name":"\\ud800"}', 'body.name'],
  ['{"tags":["a","\\udc00b"]}', 'body.tags.1'],
  ['{"labels":{"\\u0000":"x"}}', 'body.labels'],
  ['"\\uDBFF"', 'body'],
  [`{"${'k'.repeat(300)}":"\\u0000"}`, `body.${'k'.repeat(195)}…`],
])('finds in %s what could not be stored', (json, field) => {
  expect(find(json)).toEqual([field])
})

test.each(['{"name":"\\ud83d\\udca7"}', '{"name":"\\\\u0000"}', '{"name":"\\\\ud800"}', '1', 'null'])(
  'lets %s pass',
  (json) => {
    expect(find(json)).toBeUndefined()
  },
)

test('looks into what is nested as deep as a body can be', () => {
  const depth = 100_000
  expect(find(`${'['.repeat(depth)}"\\u0000"${']'.repeat(depth)}`)).toHaveLength(1)
})
