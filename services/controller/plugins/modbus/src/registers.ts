import { type ChannelDefinition, ConfigError } from '@webmacs/plugin-sdk'
import { KINDS, type Kind, type ModbusConfig, type RawType, type RegisterConfig } from './config.ts'

/** Where a channel lies in the device, and how to read what lies there. */
export interface Register {
  readonly id: string
  readonly unitId: number
  readonly kind: Kind
  /** As it travels: the first one is 0. */
  readonly address: number
  /** Registers, or bits, that it takes. */
  readonly length: number
  readonly type: RawType
  readonly bit: number | undefined
  readonly littleBytes: boolean
  readonly littleWords: boolean
}

const WORDS: Readonly<Record<RawType, number>> = {
  bool: 1,
  int16: 1,
  uint16: 1,
  int32: 2,
  uint32: 2,
  float32: 2,
  int64: 4,
  uint64: 4,
  float64: 4,
}

const ADDRESSES = 65_536

export const isBits = (kind: Kind): boolean => kind === KINDS[0] || kind === KINDS[1]
const isWritable = (kind: Kind): boolean => kind === 'coil' || kind === 'holding_register'

/** @throws ConfigError naming the register that no device can have */
export function resolveRegister(register: RegisterConfig, { unit_id, addressing }: ModbusConfig): Register {
  const address = register.address - (addressing === 'one_based' ? 1 : 0)
  const type = typeOf(register)
  const length = WORDS[type]
  const problem = problemOf(register, { address, length, type })
  if (problem !== undefined) throw new ConfigError(`register "${register.id}": ${problem}`)
  return {
    id: register.id,
    unitId: register.unit_id ?? unit_id,
    kind: register.kind,
    address,
    length,
    type,
    bit: register.bit,
    littleBytes: register.byte_order === 'little',
    littleWords: register.word_order === 'little',
  }
}

const typeOf = ({ kind, data_type }: RegisterConfig): RawType => (isBits(kind) ? 'bool' : data_type)

function problemOf(
  { kind, bit, scale, writable }: RegisterConfig,
  { address, length, type }: Pick<Register, 'address' | 'length' | 'type'>,
): string | undefined {
  if (address < 0) return 'one-based addresses begin with 1'
  if (address + length > ADDRESSES) return `it ends behind the last address, ${ADDRESSES - 1}`
  if (writable && !isWritable(kind)) return `a ${kind.replace('_', ' ')} cannot be written`
  if (bit !== undefined && (type !== 'bool' || isBits(kind))) return 'a bit needs the data type bool in a register'
  if (scale === 0) return 'the scale must not be 0'
  return undefined
}

/** The channel as people see it. */
export function channelOf(register: RegisterConfig): ChannelDefinition {
  const { id, name, unit, min, max, scale, offset, writable, safe_value, readback } = register
  const isBool = typeOf(register) === 'bool'
  const conversion = { type: 'linear', scale, offset } as const
  const [minValue, maxValue] = isBool ? [0, 1] : [min, max]
  return {
    id,
    name: name.trim() === '' ? id : name,
    direction: writable ? 'output' : 'input',
    unit: isBool && unit === '1' ? 'bool' : unit,
    minValue,
    maxValue,
    dataType: isBool ? 'bool' : 'float',
    ...(isBool ? {} : { readConversion: conversion, writeConversion: conversion, tolerance: toleranceOf(register) }),
    ...(safe_value === undefined ? {} : { safeValue: safe_value }),
    readback: writable && readback,
    simulation: isBool
      ? { profile: 'step', base: 0.5, amplitude: 0.5, periodSeconds: 20 }
      : { profile: 'sine_wave', base: (min + max) / 2, amplitude: Math.abs(max - min) / 4, noise: 0 },
  }
}

const SHARE_OF_RANGE = 0.01

/** An integer register cannot come nearer to a value than its own step. */
function toleranceOf({ data_type, scale, min, max }: RegisterConfig): number {
  const usual = SHARE_OF_RANGE * Math.abs(max - min)
  return data_type.startsWith('float') ? usual : Math.max(usual, Math.abs(scale))
}
