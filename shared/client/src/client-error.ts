import type { FieldError } from '@webmacs/contracts'

export interface ClientErrorFacts {
  /** HTTP status; 0 when no answer came at all. */
  readonly status: number
  /** Code of the error catalogue, or `network` when no answer came, `unknown` when the answer was no problem document. */
  readonly code: string
  readonly detail: string
  readonly errors?: readonly FieldError[]
  readonly traceId?: string
  readonly retryAfterSeconds?: number
  readonly cause?: unknown
}

/** A request that failed. `message` and `detail` are the sentence for the person in front of the screen. */
export class ClientError extends Error {
  readonly status: number
  readonly code: string
  readonly detail: string
  /** Fields that broke a rule, empty when none was named. */
  readonly errors: readonly FieldError[]
  /** Request id to quote in a report; undefined when no answer came. */
  readonly traceId: string | undefined
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
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.length > 0 ? value : undefined

function fieldErrorsOf(value: unknown): FieldError[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((entry: unknown) => {
    const field = isRecord(entry) ? textOf(entry.field) : undefined
    const rule = isRecord(entry) ? textOf(entry.rule) : undefined
    return field !== undefined && rule !== undefined ? [{ field, rule }] : []
  })
}

/** Makes an error of an answer that is no success: problem details (RFC 9457) where it has them, a sentence of our own where not. */
export async function errorOfResponse(response: Response): Promise<ClientError> {
  const body: unknown = await response.json().catch(() => undefined) // a proxy's HTML page is no problem document
  const problem = isRecord(body) ? body : {}
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  const traceId = textOf(problem.traceId) ?? textOf(response.headers.get('x-request-id'))
  return new ClientError({
    status: response.status,
    code: textOf(problem.code) ?? 'unknown',
    detail: textOf(problem.detail) ?? `The server answered ${response.status} ${response.statusText}`.trim(),
    errors: fieldErrorsOf(problem.errors),
    ...(traceId === undefined ? {} : { traceId }),
    ...(Number.isFinite(retryAfter) ? { retryAfterSeconds: retryAfter } : {}),
  })
}
