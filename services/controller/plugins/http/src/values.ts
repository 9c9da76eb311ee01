import type { DataType } from '@webmacs/plugin-sdk'
import type { OutputConfig } from './config.ts'

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
const ON = new Set(['true', 'on', 'yes'])
const OFF = new Set(['false', 'off', 'no'])

/** The number in a piece of JSON, also where a device writes it as text; undefined: there is none. */
export function asRaw(value: unknown, dataType: DataType): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value !== 'string') return undefined
  const text = value.trim().toLowerCase()
  if (NUMBER.test(text)) return Number(text)
  if (dataType !== 'bool') return undefined
  if (ON.has(text)) return 1
  return OFF.has(text) ? 0 : undefined
}

/** More digits than any device has; cuts what binary fractions add, such as 0.30000000000000004. */
const DIGITS = 12

/** What `{value}` becomes. */
export function asText(raw: number, { data_type, true_text, false_text }: OutputConfig): string {
  if (data_type === 'bool') return raw === 0 ? false_text : true_text
  return String(Number(raw.toPrecision(DIGITS)))
}
