import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { exampleOf, undescribedFields } from './example-of.ts'

test('puts an example together from what fields say of themselves', () => {
  const schema = Type.Object({
    name: Type.String({ examples: ['TT-101'] }),
    type: Type.Enum(['sensor', 'actuator']),
    page: Type.Integer({ default: 1 }),
    on: Type.Boolean(),
    status: Type.Literal('success'),
    tags: Type.Array(Type.String({ examples: ['reactor'] })),
    area: Type.Union([Type.String({ examples: ['Hall 1'] }), Type.Null()]),
  })
  expect(exampleOf(schema)).toEqual({
    name: 'TT-101',
    type: 'sensor',
    page: 1,
    on: true,
    status: 'success',
    tags: ['reactor'],
    area: 'Hall 1',
  })
})

test('names fields that say too little', () => {
  const schema = Type.Object({
    good: Type.String({ description: 'What it is', examples: ['x'] }),
    silent: Type.String(),
    inner: Type.Array(Type.Object({ mute: Type.Number({ description: 'A number' }) }), { description: 'More' }),
  })
  expect(undescribedFields(schema, 'body')).toEqual([
    'body.silent has no description',
    'body.silent has no example',
    'body.inner[].mute has no example',
  ])
})
