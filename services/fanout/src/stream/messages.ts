import { type StreamMessage, type StreamRequest, StreamSubscribe } from '@webmacs/contracts'
import { createValidator } from '@webmacs/contracts/validation'
import type { LiveReading } from '../feed/newest-readings.ts'

/** Values and faults as one message on the wire. */
export function batchMessage(readings: readonly LiveReading[]): string {
  const datapoints = readings.flatMap(({ update }) => ('datapoint' in update ? update.datapoint : []))
  const faults = readings.flatMap(({ update }) => ('fault' in update ? update.fault : []))
  return encodeMessage({ type: 'datapoints_batch', datapoints, ...(faults.length > 0 && { faults }) })
}

export const encodeMessage = (message: StreamMessage): string => JSON.stringify(message)

export type ClientMessage =
  | { readonly kind: 'request'; readonly request: StreamRequest }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'invalid'; readonly problem: string }
  | { readonly kind: 'not-json' }

const validateSubscribe = createValidator(StreamSubscribe, 'message')

/** Reads what a client sent. An object of an unknown type is passed over, as older servers did; what is no JSON object ends the socket. */
export function readClientMessage(text: string): ClientMessage {
  const value = parse(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { kind: 'not-json' }
  if (!('type' in value)) return { kind: 'ignored' }
  if (value.type === 'ping') return { kind: 'request', request: { type: 'ping' } }
  if (value.type !== 'subscribe') return { kind: 'ignored' }
  const result = validateSubscribe(value)
  if (result.ok) return { kind: 'request', request: result.value }
  return { kind: 'invalid', problem: result.errors.map(({ field, rule }) => `${field} ${rule}`).join('; ') }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // no JSON object: the caller closes the socket and says so
  }
}
