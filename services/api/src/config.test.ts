import { ConfigError } from '@webmacs/service-kit'
import { expect, test } from 'vitest'
import { docsReaders, loadApiConfig, seedsDemo } from './config.ts'

const required = {
  NATS_URL: 'nats://127.0.0.1:4222',
  DATABASE_URL: 'postgresql://webmacs@127.0.0.1/webmacs',
  SECRET_KEY: 'k9dj2h5s8a1l4q7w0e3r6t9z2u5i8o1p',
}
const production = { ...required, ENV: 'production', INITIAL_ADMIN_PASSWORD: 'otter-on-a-blue-raft' }

function problemsOf(env: NodeJS.ProcessEnv): string[] {
  try {
    loadApiConfig(env)
  } catch (err) {
    if (err instanceof ConfigError) return err.problems.map(({ field }) => field)
    throw err
  }
  return []
}

test('has a default for everything but addresses and the secret', () => {
  expect(loadApiConfig(required)).toMatchObject({
    ENV: 'development',
    PORT: 8001,
    OPS_PORT: 9101,
    ACCESS_TOKEN_EXPIRE_MINUTES: 1440,
    RATE_LIMIT_PER_MINUTE: 300,
    INITIAL_ADMIN_EMAIL: 'admin@webmacs.io',
  })
  expect(problemsOf({}).sort()).toEqual(['DATABASE_URL', 'NATS_URL', 'SECRET_KEY'])
})

test('reads origins as a JSON list', () => {
  const env = { ...required, CORS_ORIGINS: '["https://lab.example.com"]' }
  expect(loadApiConfig(env).CORS_ORIGINS).toEqual(['https://lab.example.com'])
  expect(problemsOf({ ...required, CORS_ORIGINS: '["https://lab.example.com/"]' })).toEqual(['CORS_ORIGINS.0'])
})

test('refuses a secret of fewer than 32 characters', () => {
  expect(problemsOf({ ...required, SECRET_KEY: 'short' })).toEqual(['SECRET_KEY'])
})

test('takes good secrets in production', () => {
  expect(problemsOf(production)).toEqual([])
})

test.each([undefined, 'admin123', 'short-one', 'password-password', 'aaaaaaaaaaaaaaaa'])(
  'refuses the first password %j in production',
  (INITIAL_ADMIN_PASSWORD) => {
    expect(problemsOf({ ...production, INITIAL_ADMIN_PASSWORD })).toEqual(['INITIAL_ADMIN_PASSWORD'])
  },
)

test.each(['change-me-in-production-change-me-in-production', 'x'.repeat(40)])(
  'refuses the secret %j in production',
  (SECRET_KEY) => {
    expect(problemsOf({ ...production, SECRET_KEY })).toEqual(['SECRET_KEY'])
  },
)

test('makes demo instances in development, or when told to', () => {
  expect(seedsDemo(loadApiConfig(required))).toBe(true)
  expect(seedsDemo(loadApiConfig({ ...required, WEBMACS_AUTO_SEED: 'false' }))).toBe(false)
  expect(seedsDemo(loadApiConfig(production))).toBe(false)
  expect(seedsDemo(loadApiConfig({ ...production, WEBMACS_AUTO_SEED: 'true' }))).toBe(true)
})

test('reads lists of addresses and networks, and names an entry that is neither', () => {
  const env = { ...required, TRUSTED_PROXIES: '["10.0.0.5","fd00::/8"]', RATE_LIMIT_EXEMPT: '[]' }
  expect(loadApiConfig(env)).toMatchObject({ TRUSTED_PROXIES: ['10.0.0.5', 'fd00::/8'], RATE_LIMIT_EXEMPT: [] })
  expect(problemsOf({ ...required, TRUSTED_PROXIES: '["::1","nginx"]' })).toEqual(['TRUSTED_PROXIES.1'])
  expect(problemsOf({ ...required, RATE_LIMIT_EXEMPT: '10.0.0.1' })).toEqual(['RATE_LIMIT_EXEMPT'])
})

test('keeps the description of the API for admins in production, or where told to', () => {
  expect(docsReaders(loadApiConfig(required))).toBe('public')
  expect(docsReaders(loadApiConfig({ ...required, API_DOCS: 'admin' }))).toBe('admin')
  expect(docsReaders(loadApiConfig(production))).toBe('admin')
  expect(docsReaders(loadApiConfig({ ...production, API_DOCS: 'public' }))).toBe('public')
})
