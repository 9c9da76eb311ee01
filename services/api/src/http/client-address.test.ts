import { expect, test } from 'vitest'
import { isPrivateAddress, isTrustedProxy } from './client-address.ts'

test.each([
  '127.0.0.1',
  '127.9.9.9',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '::1',
  'fd00::1',
  '::ffff:10.0.0.1',
])('%s is private', (address) => {
  expect(isPrivateAddress(address)).toBe(true)
})

test.each([
  '8.8.8.8',
  '172.32.0.1',
  '11.0.0.1',
  '2001:db8::1',
  '::ffff:8.8.8.8',
  '',
  'localhost',
  '127.0.0.1.example.com',
])('%j is not', (address) => {
  expect(isPrivateAddress(address)).toBe(false)
})

test('believes the gateway on this machine, and nobody behind it', () => {
  expect(isTrustedProxy('127.0.0.1', 0)).toBe(true)
  expect(isTrustedProxy('127.0.0.1', 1)).toBe(false)
  expect(isTrustedProxy('10.0.0.1', 0)).toBe(false)
})
