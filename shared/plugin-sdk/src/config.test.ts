import { expect, test } from 'vitest'
import { createConfigParser } from './config.ts'

const schema = {
  type: 'object',
  required: ['host'],
  properties: {
    host: { type: 'string', minLength: 1 },
    port: { type: 'integer', minimum: 1, maximum: 65_535, default: 502 },
  },
}

test('fills in defaults and leaves what it was given alone', () => {
  const given = { host: 'plc-1', later: true }
  expect(createConfigParser(schema)(given)).toEqual({ ok: true, config: { host: 'plc-1', port: 502, later: true } })
  expect(given).toEqual({ host: 'plc-1', later: true })
})

test('names every field that breaks a rule', () => {
  expect(createConfigParser(schema)({ port: 'x' })).toMatchObject({
    ok: false,
    problems: ["config must have required property 'host'", 'config.port must be integer'],
    errors: [{ keyword: 'required' }, { keyword: 'type', instancePath: '/port' }],
  })
})

test('throws for a schema that is none', () => {
  expect(() => createConfigParser({ type: 'objekt' })).toThrow()
})
