import { AppError } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import { aDriver } from '../testing/controllers.ts'
import { checkConfig } from './config-check.ts'
import type { InstanceConfig } from './config-text.ts'

const driver = aDriver({
  config_schema: {
    type: 'object',
    required: ['host'],
    properties: {
      host: { type: 'string' },
      api_key: { type: 'string', minLength: 8 },
      registers: { type: 'array', items: { type: 'object', properties: { address: { type: 'integer', minimum: 0 } } } },
    },
  },
})
const errorOf = (config: InstanceConfig, demoMode = false, plugin = driver): unknown => {
  try {
    checkConfig(plugin, config, demoMode)
    return undefined
  } catch (err) {
    return err
  }
}

test('takes what the schema of the driver takes, and fields that it does not name', () => {
  expect(errorOf({ host: 'plc-1', registers: [{ address: 4 }], later: true })).toBeUndefined()
})

test('names every field that breaks a rule, however deep, and never repeats a value', () => {
  const error = errorOf({ api_key: 'hunter2', registers: [{ address: 1 }, { address: -1 }] })
  expect(error).toMatchObject({
    code: 'request.invalid',
    errors: [
      { field: 'body.config_json.host', rule: 'is required' },
      { field: 'body.config_json.api_key', rule: 'must NOT have fewer than 8 characters' },
      { field: 'body.config_json.registers.1.address', rule: 'must be >= 0' },
    ],
  })
  expect(JSON.stringify(error instanceof AppError && [error.message, error.errors])).not.toContain('hunter2')
})

test('lets an instance that makes its values up do without a configuration, but not with a wrong one', () => {
  expect(errorOf({}, true)).toBeUndefined()
  expect(errorOf({}, false)).toMatchObject({ errors: [{ field: 'body.config_json.host' }] })
  expect(errorOf({ host: 5 }, true)).toMatchObject({ errors: [{ field: 'body.config_json.host' }] })
})

test('leaves it to the driver where the schema is none', () => {
  expect(errorOf({ host: 5 }, false, aDriver({ config_schema: { type: 'objekt' } }))).toBeUndefined()
})
