import type { RawValue } from '@webmacs/plugin-sdk'
import type { Block } from './blocks.ts'
import { decode, encode } from './codec.ts'
import { ModbusException } from './exceptions.ts'
import type { ModbusClient } from './library.ts'
import type { Ask } from './line.ts'
import { isBits, type Register } from './registers.ts'

/** Raw values of the registers of a block, by channel. */
export async function readBlock(ask: Ask, block: Block): Promise<Record<string, RawValue>> {
  const { unitId, address, registers } = block
  if (isBits(block.kind)) {
    const { data } = await ask(unitId, (client) => readBits(client, block))
    return Object.fromEntries(registers.map((register) => [register.id, data[register.address - address] === true]))
  }
  const { buffer } = await ask(unitId, (client) => readWords(client, block))
  return Object.fromEntries(
    registers.map((register) => {
      const start = (register.address - address) * 2
      return [register.id, decode(register, buffer.subarray(start, start + register.length * 2))]
    }),
  )
}

const readBits = (client: ModbusClient, { kind, address, length }: Block) =>
  kind === 'coil' ? client.readCoils(address, length) : client.readDiscreteInputs(address, length)

const readWords = (client: ModbusClient, { kind, address, length }: Block) =>
  kind === 'holding_register'
    ? client.readHoldingRegisters(address, length)
    : client.readInputRegisters(address, length)

export interface WriteOptions {
  /** Only the functions for several coils or registers (FC15, FC16). */
  readonly multiple: boolean
  readonly readback: boolean
}

/** Writes a raw value. @returns what the device says it has then; undefined when it is not asked */
export async function writeRegister(
  ask: Ask,
  register: Register,
  raw: number,
  { multiple, readback }: WriteOptions,
): Promise<number | undefined> {
  const { unitId } = register
  if (isBits(register.kind)) await ask(unitId, (client) => writeCoil(client, register, raw !== 0, multiple))
  else {
    const words = wordsOf(encode(register, raw, register.bit === undefined ? 0 : await presentWord(ask, register)))
    await ask(unitId, (client) => writeWords(client, register, words, multiple))
  }
  return readback ? readBack(ask, register) : undefined
}

const writeCoil = (client: ModbusClient, { address }: Register, on: boolean, multiple: boolean): Promise<unknown> =>
  multiple ? client.writeCoils(address, [on]) : client.writeCoil(address, on)

function writeWords(client: ModbusClient, { address }: Register, words: number[], multiple: boolean): Promise<unknown> {
  const [first = 0] = words
  return words.length === 1 && !multiple ? client.writeRegister(address, first) : client.writeRegisters(address, words)
}

/** The other bits of the register stay; what the device itself changes between this and the write is lost, which Modbus cannot help. */
async function presentWord(ask: Ask, register: Register): Promise<number> {
  const whole = { ...register, type: 'uint16', bit: undefined } as const
  const { [register.id]: word } = await readBlock(ask, { ...whole, registers: [whole] })
  return Number(word)
}

async function readBack(ask: Ask, register: Register): Promise<number> {
  try {
    const { [register.id]: value } = await readBlock(ask, { ...register, registers: [register] })
    return Number(value)
  } catch (err) {
    if (!(err instanceof ModbusException)) throw err
    throw new Error(`it was written, but cannot be read back: ${err.message}`, { cause: err })
  }
}

function wordsOf(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: bytes.length / 2 }, (_, index) => view.getUint16(index * 2))
}
