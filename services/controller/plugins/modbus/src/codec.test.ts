import { describe, expect, test } from 'vitest'
import { decode, encode } from './codec.ts'
import type { RawType } from './config.ts'
import type { Register } from './registers.ts'

const aRegister = (facts: Partial<Register>): Register => ({
  id: 'value',
  unitId: 1,
  kind: 'holding_register',
  address: 0,
  length: 1,
  type: 'uint16',
  bit: undefined,
  littleBytes: false,
  littleWords: false,
  ...facts,
})

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))

const cases: readonly (readonly [RawType, number, string])[] = [
  ['int16', -2, 'fffe'],
  ['uint16', 65_534, 'fffe'],
  ['int32', -2, 'fffffffe'],
  ['uint32', 4_294_967_294, 'fffffffe'],
  ['int64', -2, 'fffffffffffffffe'],
  ['uint64', 2 ** 53, '0020000000000000'],
  ['float32', 1.5, '3fc00000'],
  ['float64', -1.5, 'bff8000000000000'],
]

describe.each(cases)('%s', (type, value, hex) => {
  const register = aRegister({ type, length: hex.length / 4 })

  test('is read and written', () => {
    expect(decode(register, bytes(hex))).toBe(value)
    expect(Buffer.from(encode(register, value)).toString('hex')).toBe(hex)
  })

  test.each([
    [true, false],
    [false, true],
    [true, true],
  ])('comes back in each order (little bytes %s, little words %s)', (littleBytes, littleWords) => {
    const ordered = { ...register, littleBytes, littleWords }
    expect(decode(ordered, encode(ordered, value))).toBe(value)
  })
})

test('orders bytes and registers as manuals write them', () => {
  const register = aRegister({ type: 'uint32', length: 2 })
  const read = (order: Partial<Register>) => decode({ ...register, ...order }, bytes('01020304'))
  expect(read({})).toBe(0x01020304) // ABCD
  expect(read({ littleWords: true })).toBe(0x03040102) // CDAB
  expect(read({ littleBytes: true })).toBe(0x02010403) // BADC
  expect(read({ littleBytes: true, littleWords: true })).toBe(0x04030201) // DCBA
})

test('changes one bit of a register and leaves the others', () => {
  const register = aRegister({ type: 'bool', bit: 3 })
  expect(decode(register, bytes('0008'))).toBe(true)
  expect(decode(register, bytes('fff7'))).toBe(false)
  expect(Buffer.from(encode(register, 1, 0x8001)).toString('hex')).toBe('8009')
  expect(Buffer.from(encode(register, 0, 0x8009)).toString('hex')).toBe('8001')
})

test('rounds to the nearest integer and refuses what does not fit', () => {
  expect(decode(aRegister({}), encode(aRegister({}), 41.6))).toBe(42)
  expect(() => encode(aRegister({ type: 'int16' }), 32_767.6)).toThrow(
    'the raw value 32768 does not fit into int16, -32768 to 32767',
  )
  expect(() => encode(aRegister({}), -1)).toThrow('does not fit into uint16')
  expect(() => encode(aRegister({ type: 'float32', length: 2 }), 1e39)).toThrow('does not fit into float32')
})

test('gives 64-bit integers beyond 2^53 as the nearest number that a double has', () => {
  expect(decode(aRegister({ type: 'uint64', length: 4 }), bytes('0020000000000001'))).toBe(2 ** 53)
})
