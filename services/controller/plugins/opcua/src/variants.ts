import { numberFrom, type RawValue } from '@webmacs/plugin-sdk'
import { DataType, type Variant, VariantArrayType } from 'node-opcua-client'
import type { DataType as ChannelType } from './config.ts'

/** Least and greatest value of each integer type. */
const INTEGERS: ReadonlyMap<DataType, readonly [number, number]> = new Map([
  [DataType.SByte, [-128, 127]],
  [DataType.Byte, [0, 255]],
  [DataType.Int16, [-32_768, 32_767]],
  [DataType.UInt16, [0, 65_535]],
  [DataType.Int32, [-(2 ** 31), 2 ** 31 - 1]],
  [DataType.UInt32, [0, 2 ** 32 - 1]],
  [DataType.Int64, [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]],
  [DataType.UInt64, [0, Number.MAX_SAFE_INTEGER]],
])
const HALF = 32n
const LOW_HALF = 0xffff_ffffn

/** The number that a node has; undefined: it has none. Text is read as a number where it is one. */
export function rawOf({ dataType, arrayType, value }: Variant, type: ChannelType): RawValue | undefined {
  if (arrayType !== VariantArrayType.Scalar) return undefined
  if (typeof value === 'number' || typeof value === 'boolean') return value
  if (typeof value === 'string') return numberFrom(value, type)
  if (dataType !== DataType.Int64 && dataType !== DataType.UInt64) return undefined
  const [high, low] = value as readonly [number, number] // this is how the library has 64 bits
  const bits = (BigInt(high) << HALF) | BigInt(low)
  return Number(dataType === DataType.Int64 ? BigInt.asIntN(64, bits) : BigInt.asUintN(64, bits))
}

export const isNumeric = (dataType: DataType): boolean =>
  INTEGERS.has(dataType) || dataType === DataType.Boolean || dataType === DataType.Float || dataType === DataType.Double

/** What to write to a node of this type; undefined: it cannot have this number. */
export function variantFor(dataType: DataType, raw: number) {
  if (dataType === DataType.Boolean) return { dataType, value: raw !== 0 }
  if (dataType === DataType.Float || dataType === DataType.Double) return { dataType, value: raw }
  const range = INTEGERS.get(dataType)
  const whole = Math.round(raw)
  if (range === undefined || whole < range[0] || whole > range[1]) return undefined
  if (dataType !== DataType.Int64 && dataType !== DataType.UInt64) return { dataType, value: whole }
  const bits = BigInt.asUintN(64, BigInt(whole))
  return { dataType, arrayType: VariantArrayType.Scalar, value: [Number(bits >> HALF), Number(bits & LOW_HALF)] }
}
