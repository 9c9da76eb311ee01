import { ConfigError } from '@webmacs/service-kit'
import { expect, test } from 'vitest'
import { loadControllerConfig } from './config.ts'

const NATS_URL = 'nats://controller:secret@127.0.0.1:4222'

test('needs no more than the address of the broker', () => {
  const config = loadControllerConfig({ NATS_URL })
  expect(config).toMatchObject({ WEBMACS_CONTROLLER_ID: 'local', OPS_PORT: 9104, OUTBOX_LIVE_AGE_MS: 10_000 })
  expect(config.PLUGIN_FOLDERS).toEqual([expect.stringMatching(/services\/controller\/plugins$/)])
})

test('passes on to plugins what programs need, and none of our credentials', () => {
  const env = { NATS_URL, SECRET_KEY: 'x', PATH: '/bin', TZ: 'UTC', WEBMACS_DATA_DIR: '/data' }
  expect(loadControllerConfig(env).pluginEnvironment).toEqual({
    PATH: '/bin',
    TZ: 'UTC',
    NODE_COMPILE_CACHE: '/data/cache/compiled',
  })
})

test('refuses a name that is no token of a subject', () => {
  expect(() => loadControllerConfig({ NATS_URL, WEBMACS_CONTROLLER_ID: 'lab.1' })).toThrow(ConfigError)
})
