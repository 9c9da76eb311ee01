import type { ErrorCode, FieldError } from '@webmacs/contracts'

/**
 * Code of the error catalogue, or one of the client's own: `network` when no answer came, `unknown` when the answer was no problem document,
 * `closed` when a telemetry sender was closed, `queue-full` when more was sent than it keeps.
 */
export type ClientErrorCode = ErrorCode | 'network' | 'unknown' | 'closed' | 'queue-full'

export interface ClientErrorFacts {
  /** HTTP status; 0 when no HTTP answer came. */
  readonly status: number
  readonly code: ClientErrorCode
  readonly detail: string
  readonly errors?: readonly FieldError[]
  readonly traceId?: string
  readonly retryAfterSeconds?: number
  readonly cause?: unknown
}

const TEMPORARY = [408, 429, 502, 503, 504]

/** A request that failed. `message` and `detail` are the sentence for the person in front of the screen. */
export class ClientError extends Error {
  readonly status: number
  readonly code: ClientErrorCode
  readonly detail: string
  /** Fields that broke a rule, empty when none was named. */
  readonly errors: readonly FieldError[]
  /** Request id to quote in a report; undefined when no answer came. */
  readonly traceId: string | undefined
  /** When asking again makes sense, as far as the server said so. */
  readonly retryAfterSeconds: number | undefined

  constructor(facts: ClientErrorFacts) {
    super(facts.detail, facts.cause === undefined ? {} : { cause: facts.cause })
    this.name = 'ClientError'
    this.status = facts.status
    this.code = facts.code
    this.detail = facts.detail
    this.errors = facts.errors ?? []
    this.traceId = facts.traceId
    this.retryAfterSeconds = facts.retryAfterSeconds
  }

  /** Whether the same request can succeed later, without a change: the server is away, busy, or asks to slow down. */
  get isTemporary(): boolean {
    return this.code === 'network' || TEMPORARY.includes(this.status)
  }
}

/** What the caller handed in breaks a rule; nothing was sent. */
export const invalidArgument = (field: string, rule: string): ClientError =>
  new ClientError({ status: 0, code: 'request.invalid', detail: `${field} ${rule}.`, errors: [{ field, rule }] })

/** Whether a failure is the client's and, where codes are given, has one of them. */
export function isClientError(error: unknown, ...codes: readonly ClientErrorCode[]): error is ClientError {
  return error instanceof ClientError && (codes.length === 0 || codes.includes(error.code))
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.length > 0 ? value : undefined

function fieldErrorsOf(value: unknown): FieldError[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((entry: unknown) => {
    if (!isRecord(entry)) return []
    const field = textOf(entry.field)
    const rule = textOf(entry.rule)
    if (field === undefined || rule === undefined) return []
    return ['value' in entry ? { field, rule, value: entry.value } : { field, rule }]
  })
}

/** A server newer than this client may know further codes; comparing with the known ones stays right. */
export const errorCodeOf = (value: unknown): ClientErrorCode => (textOf(value) as ErrorCode | undefined) ?? 'unknown'

/** Makes an error of an answer that is no success: problem details (RFC 9457) where it has them, a sentence of our own where not. */
export async function errorOfResponse(response: Response): Promise<ClientError> {
  const body: unknown = await response.json().catch(() => undefined) // a proxy's HTML page is no problem document
  const problem = isRecord(body) ? body : {}
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  const traceId = textOf(problem.traceId) ?? textOf(response.headers.get('x-request-id'))
  return new ClientError({
    status: response.status,
    code: errorCodeOf(problem.code),
    detail: textOf(problem.detail) ?? `The server answered ${response.status} ${response.statusText}`.trim(),
    errors: fieldErrorsOf(problem.errors),
    ...(traceId === undefined ? {} : { traceId }),
    ...(Number.isFinite(retryAfter) ? { retryAfterSeconds: retryAfter } : {}),
  })
}
