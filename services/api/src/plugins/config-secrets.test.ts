import { expect, test } from 'vitest'
import { withoutSecrets, withStoredSecrets } from './config-secrets.ts'

const stored = { host: 'a', password: 'x', brokers: [{ api_key: 'y', port: 1 }], json_key: 'temperature' }
const shown = {
  host: 'a',
  password: '[secret]',
  brokers: [{ api_key: '[secret]', port: 1 }],
  json_key: 'temperature',
}

test('shows everything but what is called like a secret, however deep', () => {
  expect(withoutSecrets(stored)).toEqual(shown)
})

test('keeps secrets that are sent back as they were shown, and takes new ones', () => {
  expect(withStoredSecrets({ ...shown, host: 'b' }, stored)).toEqual({ ...stored, host: 'b' })
  expect(withStoredSecrets({ ...shown, password: 'new' }, stored)).toEqual({ ...stored, password: 'new' })
  expect(withStoredSecrets({ host: 'b' }, stored)).toEqual({ host: 'b' })
})

test.each([undefined, {}, { brokers: [] }])('refuses the placeholder where nothing is stored (%j)', (known) => {
  expect(() => withStoredSecrets({ password: '[secret]' }, known)).toThrow(
    'body.config_json.password is not stored yet',
  )
})
