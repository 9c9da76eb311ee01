import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { ConfigError, loadConfig, portVariable, redactConfig } from './config.ts'

const Environment = Type.Object({
  PORT: portVariable(8001, 'port'),
  VERBOSE: Type.Boolean({ default: false }),
  ORIGINS: Type.Array(Type.String(), { default: ['http://localhost:8000'] }),
  SECRET: Type.String({ minLength: 4, secret: true }),
})

test('takes defaults for absent and empty variables', () => {
  expect(loadConfig(Environment, { PORT: '', SECRET: 'long enough' })).toEqual({
    PORT: 8001,
    VERBOSE: false,
    ORIGINS: ['http://localhost:8000'],
    SECRET: 'long enough',
  })
})

test.each([
  ['true', true],
  ['off', false],
  ['0', false],
  ['YES', true],
])('reads the boolean %s as %s', (raw, expected) => {
  expect(loadConfig(Environment, { VERBOSE: raw, SECRET: 'long enough' }).VERBOSE).toBe(expected)
})

test('names every bad variable at once', () => {
  const env = { PORT: '70000', VERBOSE: 'maybe', ORIGINS: 'http://a', SECRET: 'abc' }
  const problems = problemsOf(() => loadConfig(Environment, env))
  expect(problems.map(({ field }) => field).sort()).toEqual(['ORIGINS', 'PORT', 'SECRET', 'VERBOSE'])
})

test('gives a configuration that nobody can change', () => {
  const config = loadConfig(Environment, { SECRET: 'long enough' })
  expect(Object.isFrozen(config)).toBe(true)
})

test('leaves secrets out of what is logged', () => {
  const config = loadConfig(Environment, { SECRET: 'long enough' })
  expect(redactConfig(Environment, config)).toMatchObject({ PORT: 8001, SECRET: '[redacted]' })
})

function problemsOf(load: () => unknown) {
  try {
    load()
  } catch (err) {
    if (err instanceof ConfigError) return err.problems
    throw err
  }
  throw new Error('the configuration was accepted')
}
