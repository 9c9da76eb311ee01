import type { ProcessVariable } from './pictory.ts'

/** Value of a variable in a copy of the process image. Numbers are little endian. */
export function decode(image: Buffer, { byte, bit, bits, isSigned }: ProcessVariable): number {
  if (bit !== undefined) return (image.readUInt8(byte) >> bit) & 1
  return isSigned ? image.readIntLE(byte, bits / 8) : image.readUIntLE(byte, bits / 8)
}

/** The bytes of a number for the process image, rounded and kept within what the bytes can hold. */
export function encode(value: number, variable: Pick<ProcessVariable, 'bits' | 'isSigned'>): Buffer {
  const { minimum, maximum } = rangeOf(variable)
  const bytes = Buffer.alloc(variable.bits / 8)
  const whole = Math.min(Math.max(Math.round(value), minimum), maximum)
  if (variable.isSigned) bytes.writeIntLE(whole, 0, bytes.length)
  else bytes.writeUIntLE(whole, 0, bytes.length)
  return bytes
}

/** What a variable can hold. */
export function rangeOf({ bits, isSigned }: Pick<ProcessVariable, 'bits' | 'isSigned'>): {
  readonly minimum: number
  readonly maximum: number
} {
  return isSigned
    ? { minimum: -(2 ** (bits - 1)), maximum: 2 ** (bits - 1) - 1 }
    : { minimum: 0, maximum: 2 ** bits - 1 }
}
