import { ConfigError, numberFrom, parseValuePath, type ValuePath, valueAt } from '@webmacs/plugin-sdk'
import type { DataType, OutputConfig } from './config.ts'

/** Larger ones are no value of a sensor. */
const MAX_PAYLOAD_BYTES = 1024 * 1024

/** @throws ConfigError that names the channel */
export function pathOf(text: string, id: string): ValuePath {
  const path = parseValuePath(text)
  if (path === undefined)
    throw new ConfigError(`channel "${id}": the path "${text}" is neither like a[0].b nor a JSON pointer`)
  return path
}

/** The number in a payload; undefined: there is none. */
export function numberIn(payload: Buffer, path: ValuePath, dataType: DataType): number | undefined {
  if (payload.length > MAX_PAYLOAD_BYTES) return undefined
  const text = payload.toString('utf8')
  return path.length === 0 ? numberFrom(text, dataType) : numberFrom(valueAt(parsed(text), path), dataType)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // what is no JSON has nothing at any path
  }
}

/** More digits than any device has; cuts what binary fractions add, such as 0.30000000000000004. */
const DIGITS = 12

export function payloadOf(raw: number, { data_type, payload, true_text, false_text }: OutputConfig): string {
  const text = data_type === 'bool' ? (raw === 0 ? false_text : true_text) : String(Number(raw.toPrecision(DIGITS)))
  return payload.replaceAll('{value}', text)
}
