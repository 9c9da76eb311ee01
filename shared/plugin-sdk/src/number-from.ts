import type { DataType } from './channel.ts'

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
const ON = new Set(['true', 'on', 'yes'])
const OFF = new Set(['false', 'off', 'no'])

/** The number in a piece of JSON, also where a device writes it as text; undefined: there is none. */
export function numberFrom(value: unknown, dataType: DataType): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value !== 'string') return undefined
  const text = value.trim().toLowerCase()
  if (NUMBER.test(text)) return Number(text)
  if (dataType !== 'bool') return undefined
  if (ON.has(text)) return 1
  return OFF.has(text) ? 0 : undefined
}
