import { expect, test } from 'vitest'
import { clientKey } from './client-address.ts'

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['not an address', 'unknown'],
  ['', 'unknown'],
])('counts %j as %j', (address, key) => {
  expect(clientKey(address)).toBe(key)
})

test('counts all addresses of an IPv6 network of 64 bits as one, and another network as another', () => {
  expect(clientKey('2001:db8:1:2::1')).toBe(clientKey('2001:db8:1:2:ffff:ffff:ffff:ffff'))
  expect(clientKey('2001:db8:1:2::1')).not.toBe(clientKey('2001:db8:1:3::1'))
})
