import type { StreamMessage } from '@webmacs/contracts'

const hasType = (value: unknown): value is { type: string } =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'

/** Reads a message of the stream; undefined for what is none, and for kinds that a newer server may have. */
export function readStreamMessage(data: unknown): StreamMessage | undefined {
  if (typeof data !== 'string') return undefined
  let value: unknown
  try {
    value = JSON.parse(data)
  } catch {
    return undefined // a frame that is not JSON says nothing to us; the next one may
  }
  if (!hasType(value)) return undefined
  if (value.type === 'datapoints_batch' && !('datapoints' in value && Array.isArray(value.datapoints))) return undefined
  return value as StreamMessage // what the server sends follows the contracts' schema
}
