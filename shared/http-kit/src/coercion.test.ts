import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { compileBodyCoercion, compileTextCoercion } from './coercion.ts'

const coerce = compileBodyCoercion(Type.Object({ value: Type.Number(), count: Type.Integer(), text: Type.String() }))
const coerced = (value: unknown): unknown => Reflect.get(Object(coerce?.({ value })), 'value')

test.each([
  ['2.5', 2.5],
  [' -3 ', -3],
  ['1e3', 1000],
  ['.5', 0.5],
  [true, 1],
  [false, 0],
  [7, 7],
])('reads %j as %j', (value, number) => {
  expect(coerced(value)).toBe(number)
})

test.each([[null], [''], [' '], ['abc'], ['0x10'], ['1_000'], ['nan'], ['NaN'], ['Infinity'], ['1e400'], [[3]], [{}]])(
  'leaves %j for the validator to refuse',
  (value) => {
    expect(coerced(value)).toEqual(value)
  },
)

test('touches nothing but number fields', () => {
  expect(coerce?.({ value: '1', count: '2', text: 3, other: '4' })).toEqual({
    value: 1,
    count: '2',
    text: 3,
    other: '4',
  })
})

test('finds number fields inside arrays and beside null', () => {
  const nested = compileBodyCoercion(
    Type.Object({
      points: Type.Array(Type.Object({ value: Type.Number() })),
      high: Type.Optional(Type.Union([Type.Number(), Type.Null()])),
    }),
  )
  expect(nested?.({ points: [{ value: '1' }, { value: null }, 5], high: '2' })).toEqual({
    points: [{ value: 1 }, { value: null }, 5],
    high: 2,
  })
  expect(nested?.({ high: null })).toEqual({ high: null })
  expect(nested?.([1])).toEqual([1])
})

test('leaves a field alone that may be text as well as a number', () => {
  const moment = Type.Union([Type.String(), Type.Number(), Type.Null()])
  expect(compileBodyCoercion(Type.Object({ moment }))).toBeUndefined()
})

test('has nothing to do for a schema without number fields', () => {
  expect(compileBodyCoercion(Type.Object({ name: Type.String(), ids: Type.Array(Type.String()) }))).toBeUndefined()
})

const page = compileTextCoercion(Type.Object({ page: Type.Integer(), all: Type.Boolean(), name: Type.String() }))

test('reads numbers and booleans from the text of a query', () => {
  expect(page?.({ page: '2', all: 'true', name: '3', _t: '4' })).toEqual({ page: 2, all: true, name: '3', _t: '4' })
})

test.each(['', 'x', 'Infinity', '1e999', 'true', ['1', '2']])(
  'leaves the page %j for the validator to refuse',
  (value) => {
    expect(page?.({ page: value })).toEqual({ page: value })
  },
)
