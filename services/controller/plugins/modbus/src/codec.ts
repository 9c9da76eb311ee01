import { PluginError } from '@webmacs/plugin-sdk'
import type { RawType } from './config.ts'
import type { Register } from './registers.ts'

const BYTES_PER_REGISTER = 2

/** Ends of what each type of integer holds. */
const INTEGERS: Readonly<Partial<Record<RawType, readonly [bigint, bigint]>>> = {
  int16: [-(2n ** 15n), 2n ** 15n - 1n],
  uint16: [0n, 2n ** 16n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
}

/**
 * What registers hold. 64-bit integers beyond ±2^53 come as the nearest number that a double has.
 * @param bytes as they travelled, two for each register
 */
export function decode(register: Register, bytes: Uint8Array): number | boolean {
  const view = viewOf(reordered(register, bytes))
  switch (register.type) {
    case 'bool':
      return register.bit === undefined ? view.getUint16(0) !== 0 : ((view.getUint16(0) >> register.bit) & 1) === 1
    case 'int16':
      return view.getInt16(0)
    case 'uint16':
      return view.getUint16(0)
    case 'int32':
      return view.getInt32(0)
    case 'uint32':
      return view.getUint32(0)
    case 'int64':
      return Number(view.getBigInt64(0))
    case 'uint64':
      return Number(view.getBigUint64(0))
    case 'float32':
      return view.getFloat32(0)
    case 'float64':
      return view.getFloat64(0)
  }
}

/**
 * The registers that hold a value; integers are rounded to the nearest.
 * @param before what the register holds now: the other bits of a `bit` stay
 * @throws PluginError `invalid_value` when the type does not hold it
 */
export function encode(register: Register, value: number, before = 0): Uint8Array {
  const bytes = new Uint8Array(register.length * BYTES_PER_REGISTER)
  const view = viewOf(bytes)
  if (register.type === 'bool') view.setUint16(0, withBit(register, value !== 0, before))
  else if (register.type === 'float32') view.setFloat32(0, fitting32(value))
  else if (register.type === 'float64') view.setFloat64(0, value)
  else setInteger(view, register.type, value)
  return reordered(register, bytes)
}

function withBit({ bit }: Register, on: boolean, before: number): number {
  if (bit === undefined) return on ? 1 : 0
  return on ? before | (1 << bit) : before & ~(1 << bit)
}

function setInteger(view: DataView, type: RawType, value: number): void {
  const [min, max] = INTEGERS[type] ?? [0n, 0n]
  const rounded = BigInt(Math.round(value))
  if (rounded < min || rounded > max)
    throw new PluginError('invalid_value', `the raw value ${rounded} does not fit into ${type}, ${min} to ${max}`)
  // the low bits of two's complement are the same for signed and unsigned
  if (view.byteLength === 2) view.setUint16(0, Number(BigInt.asUintN(16, rounded)))
  else if (view.byteLength === 4) view.setUint32(0, Number(BigInt.asUintN(32, rounded)))
  else view.setBigUint64(0, BigInt.asUintN(64, rounded))
}

function fitting32(value: number): number {
  if (Number.isFinite(Math.fround(value))) return value
  throw new PluginError('invalid_value', `the raw value ${value} does not fit into float32`)
}

/** Between the order that travels and the most significant byte first; its own way back. */
function reordered({ littleBytes, littleWords }: Register, bytes: Uint8Array): Uint8Array {
  const words: (readonly [number, number])[] = []
  for (let at = 0; at < bytes.length; at += BYTES_PER_REGISTER) {
    const [first = 0, second = 0] = bytes.subarray(at)
    words.push(littleBytes ? [second, first] : [first, second])
  }
  return Uint8Array.from((littleWords ? words.reverse() : words).flat())
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
