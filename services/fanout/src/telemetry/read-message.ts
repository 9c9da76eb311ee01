import { type ErrorCode, MAX_BATCH_SIZE, MAX_IDEMPOTENCY_KEY } from '@webmacs/contracts'
import { type CheckedDatapoints, checkDatapoints } from './check-datapoints.ts'

export interface Batch extends CheckedDatapoints {
  /** Names the batch when its sender wants to know what became of it. */
  readonly id: string | undefined
}

export type TelemetryInput =
  | { readonly kind: 'batch'; readonly batch: Batch }
  /** Nothing of it is stored. */
  | { readonly kind: 'refused'; readonly id: string | undefined; readonly message: string; readonly code: ErrorCode }
  /** A batch without datapoints. */
  | { readonly kind: 'empty'; readonly id: string | undefined }
  | { readonly kind: 'ping' }
  | { readonly kind: 'not-json' }

/** Reads what a controller sent, as leniently as older servers did; only what is no JSON object ends the socket. */
export function readTelemetryMessage(text: string): TelemetryInput {
  const message = parseJson(text)
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return { kind: 'not-json' }
  const { type, id, datapoints }: { type?: unknown; id?: unknown; datapoints?: unknown } = message
  if (type === 'ping') return { kind: 'ping' }
  if (!isId(id)) {
    const problem = `id must be a string of 1 to ${MAX_IDEMPOTENCY_KEY} characters`
    return { kind: 'refused', id: undefined, message: problem, code: 'request.invalid' }
  }
  return readBatch(id ?? undefined, datapoints)
}

function readBatch(id: string | undefined, datapoints: unknown): TelemetryInput {
  if (isEmpty(datapoints)) return { kind: 'empty', id }
  if (Array.isArray(datapoints) && datapoints.length > MAX_BATCH_SIZE) {
    const message = `Batch too large (${datapoints.length}), max ${MAX_BATCH_SIZE}`
    return { kind: 'refused', id, message, code: 'request.too-large' }
  }
  const checked = Array.isArray(datapoints) ? checkDatapoints(datapoints) : undefined
  if (checked === undefined || checked.datapoints.length === 0) {
    return { kind: 'refused', id, message: 'No valid datapoints in batch', code: 'request.invalid' }
  }
  return { kind: 'batch', batch: { id, ...checked } }
}

const isId = (id: unknown): id is string | null | undefined =>
  id === undefined || id === null || (typeof id === 'string' && id !== '' && id.length <= MAX_IDEMPOTENCY_KEY)

/** What Python takes for false: older servers passed over it. */
function isEmpty(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0
  return value === undefined || value === null || value === false || value === 0 || value === ''
}

/** Longest text in which bare `NaN` is looked for: a full batch is far smaller. */
const MAX_MENDED_CHARACTERS = 1_000_000
/** A whole string, or a word that Python's json writes for a number that is none. */
const STRING_OR_NOT_A_NUMBER = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g

/** A sensor's NaN must not cost the good values beside it, though it is no JSON: it is read as null. */
function parseJson(text: string): unknown {
  const parsed = tryParse(text)
  if (parsed !== undefined || text.length > MAX_MENDED_CHARACTERS || !/NaN|Infinity/.test(text)) return parsed
  return tryParse(text.replace(STRING_OR_NOT_A_NUMBER, (found) => (found.startsWith('"') ? found : 'null')))
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // no JSON: the caller closes the socket and says so
  }
}
