import { expect, test } from 'vitest'
import { formOf, titleOf } from './form-model.ts'
import { findProblems, problemsFrom, problemWithin, UnreadableJson } from './form-problems.ts'
import { initialValue, variantOf, withMember, withoutBlanks } from './form-values.ts'

const MODBUS = {
  type: 'object',
  properties: {
    transport: {
      oneOf: [
        {
          title: 'TCP',
          properties: {
            kind: { const: 'tcp' },
            host: { type: 'string', minLength: 1 },
            port: { type: 'integer', default: 502 },
          },
          required: ['kind', 'host'],
        },
        { properties: { kind: { const: 'rtu' }, path: { type: 'string' } }, required: ['kind', 'path'] },
      ],
    },
    timeout_ms: { type: 'integer', title: 'Timeout', unit: 'ms', minimum: 10, maximum: 5000, default: 1000 },
    api_key: { type: 'string' },
    tls: { type: 'object', properties: { verify: { type: 'boolean', default: true }, ca: { type: 'string' } } },
    login: { type: 'object', properties: { user: { type: 'string' } }, required: ['user'] },
    channels: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        properties: { id: { type: 'string' }, word_order: { enum: ['big', 'little'] }, scale: { type: 'number' } },
        required: ['id'],
      },
    },
    headers: { type: 'object', additionalProperties: { type: 'string' } },
  },
  required: ['transport', 'channels'],
}

test('makes the fields of a driver out of its schema', () => {
  const form = formOf(MODBUS)
  if (form.kind !== 'group') throw new Error(form.kind)
  expect(form.members.map(({ name, field }) => [name, field.kind])).toEqual([
    ['transport', 'variants'],
    ['timeout_ms', 'number'],
    ['api_key', 'text'],
    ['tls', 'group'],
    ['login', 'group'],
    ['channels', 'list'],
    ['headers', 'json'],
  ])
  expect(form.members[1]?.field).toMatchObject({ title: 'Timeout', unit: 'ms', min: 10, max: 5000, isInteger: true })
  expect(form.members[2]?.field).toMatchObject({ isSecret: true, title: 'Api key' })
})

test.each([
  [{ type: ['string', 'null'] }, { kind: 'text' }],
  [
    { anyOf: [{ type: 'null' }, { type: 'number' }], default: null, title: 'Limit' },
    { kind: 'number', title: 'Limit' },
  ],
  [
    { anyOf: [{ const: 'a', title: 'First' }, { const: 'b' }] },
    { kind: 'choice', options: [{ label: 'First' }, { label: 'b' }] },
  ],
  [
    { type: 'string', format: 'password', maxLength: 1000 },
    { kind: 'text', isSecret: true, isLong: false },
  ],
  [
    { type: 'string', format: 'password', maxLength: 20_000 },
    { kind: 'text', isSecret: true, isLong: true },
  ],
  [{ anyOf: [{ type: 'string' }, { type: 'number' }] }, { kind: 'json' }],
  [{ type: 'array', items: [{ type: 'string' }] }, { kind: 'json' }],
  [
    { $ref: '#/$defs/port', $defs: { port: { type: 'integer', minimum: 1 } } },
    { kind: 'number', min: 1 },
  ],
  [true, { kind: 'json' }],
])('draws %j as %j', (schema, field) => {
  expect(formOf(schema)).toMatchObject(field)
})

test('ends with a schema that holds itself', () => {
  const schema = {
    $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
    $ref: '#/$defs/node',
  }
  expect(formOf(schema).kind).toBe('group')
})

test('starts with the defaults, and leaves out what has none', () => {
  expect(initialValue(formOf(MODBUS), true)).toEqual({
    transport: { kind: 'tcp', port: 502 },
    timeout_ms: 1000,
    tls: { verify: true },
    login: {},
    channels: [{}],
  })
})

test('says what is missing and what breaks a rule, each at its place', () => {
  const form = formOf(MODBUS)
  const value = {
    transport: { kind: 'tcp', host: '' },
    timeout_ms: 7.5,
    login: {},
    channels: [{ id: 'a' }, {}],
    headers: new UnreadableJson('{'),
  }
  expect([...findProblems(form, withoutBlanks(form, value))]).toEqual([
    ['transport.host', 'is needed'],
    ['timeout_ms', 'must be a whole number'],
    ['channels.1.id', 'is needed'],
    ['headers', 'is no JSON'],
  ])
})

test('knows which variant a value is, and takes a member out of it', () => {
  const field = formOf(MODBUS.properties.transport)
  if (field.kind !== 'variants') throw new Error(field.kind)
  expect(variantOf(field, { kind: 'rtu', path: '/dev/ttyS0' })?.label).toBe('Rtu')
  expect(variantOf(field, { kind: 'ascii' })).toBeUndefined()
  expect(withMember({ a: 1, b: 2 }, 'a', undefined)).toEqual({ b: 2 })
  expect(Object.keys(withMember({ a: 1, b: 2 }, 'a', 3))).toEqual(['a', 'b'])
})

test('sorts what the server says to the fields of the form', () => {
  const errors = [
    { field: 'body.config_json.channels[0].id', rule: 'must be unique' },
    { field: 'body.config_json', rule: 'must have a host' },
    { field: 'body.instance_name', rule: 'must not be blank' },
  ]
  const { own, others } = problemsFrom(errors, 'body.config_json')
  expect([...own]).toEqual([
    ['channels.0.id', 'must be unique'],
    ['', 'must have a host'],
  ])
  expect(others.map(({ field }) => field)).toEqual(['body.instance_name'])
  expect(problemWithin(own, 'channels')).toBe('0.id must be unique')
})

test.each([
  ['slave_id', 'Slave id'],
  ['byteOrder', 'Byte order'],
  ['host', 'Host'],
])('%s is titled %s', (name, title) => {
  expect(titleOf(name)).toBe(title)
})
