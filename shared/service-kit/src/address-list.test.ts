import { expect, test } from 'vitest'
import { AddressList, addressProblems, PRIVATE_NETWORKS } from './address-list.ts'

const privateOnes = new AddressList(PRIVATE_NETWORKS)

test.each([
  '127.0.0.1',
  '127.9.9.9',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '169.254.1.1',
  '::1',
  'fd00::1',
  'fe80::1',
  '::ffff:10.0.0.1',
])('%s is private', (address) => {
  expect(privateOnes.has(address)).toBe(true)
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
  expect(privateOnes.has(address)).toBe(false)
})

test('knows single addresses and networks of both families', () => {
  const list = new AddressList(['203.0.113.7', '198.51.100.0/24', '2001:db8::/32'])
  expect(['203.0.113.7', '198.51.100.200', '2001:db8:5::1'].map((address) => list.has(address))).toEqual([
    true,
    true,
    true,
  ])
  expect(list.has('203.0.113.8')).toBe(false)
  expect(new AddressList([]).has('127.0.0.1')).toBe(false)
})

test.each(['proxy.lan', '10.0.0.0/33', '10.0.0/8', '::1/129', '', '10.0.0.1/'])('refuses the entry %j', (entry) => {
  expect(() => new AddressList([entry])).toThrow(RangeError)
  expect(addressProblems({ TRUSTED_PROXIES: ['::1', entry] }).map(({ field }) => field)).toEqual(['TRUSTED_PROXIES.1'])
})
