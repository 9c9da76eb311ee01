import { ClientError, errorOfResponse, invalidArgument } from './client-error.ts'
import type { Credentials } from './credentials.ts'
import { type RetryPolicy, retryDelayMs } from './retry.ts'
import { delay, type Timers } from './timers.ts'
import { API_BASE, COMMAND_ERRORS } from './wire.ts'

/** What every method takes as its last parameter. */
export interface RequestOptions {
  /** Ends the request; it throws the signal's reason then. */
  readonly signal?: AbortSignal | undefined
  /** How long one attempt may take, instead of the client's `timeoutMs`. */
  readonly timeoutMs?: number | undefined
}

export interface HttpOptions {
  readonly baseUrl: string
  readonly credentials: Credentials
  readonly retry: RetryPolicy
  readonly timeoutMs: number
  readonly fetch: typeof globalThis.fetch
  readonly timers: Timers
  readonly random: () => number
}

export interface Call extends RequestOptions {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly query?: object | undefined
  readonly body?: unknown
  /** The version that a change is meant for. */
  readonly ifVersion?: string | undefined
  readonly idempotencyKey?: string | undefined
  /** A POST that only asks. */
  readonly isRead?: boolean
  /** A change that does nothing twice, by an id in its body. */
  readonly isSafeAgain?: boolean
  /** `anonymous`: no token is sent; `ending`: a 401 is no news. */
  readonly session?: 'anonymous' | 'ending'
}

/** An answer, and the version of what it shows: send it along as `ifVersion` to change that version only. */
export interface Versioned<T> {
  readonly value: T
  readonly version: string
}

type Answer = Partial<Versioned<unknown>>

/** Sends requests below `/api/v1` with the token. Throws `ClientError` for everything that is no success. */
export interface Http {
  send<T>(path: string, call?: Call): Promise<T>
  /** For answers that carry a version. */
  sendVersioned<T>(path: string, call?: Call): Promise<Versioned<T>>
}

export function createHttp(options: HttpOptions): Http {
  return {
    send: async <T>(path: string, call: Call = {}) => (await sendUntilAnswered(options, path, call)).value as T, // the server's answers follow the contracts' schemas
    sendVersioned: async <T>(path: string, call: Call = {}) => {
      const { value, version } = await sendUntilAnswered(options, path, call)
      if (version === undefined) {
        throw new ClientError({ status: 200, code: 'unknown', detail: `The server named no version of ${path}.` })
      }
      return { value: value as T, version } // as above
    },
  }
}

const isQuestion = ({ method = 'GET', isRead }: Call): boolean => method === 'GET' || isRead === true

/** What a command has come to does not change by sending it again, however temporary its cause is. */
const isOutcome = ({ code }: ClientError): boolean => COMMAND_ERRORS.some((outcome) => outcome === code)

const canBeSentAgain = (call: Call, error: ClientError): boolean =>
  isQuestion(call) || ((call.isSafeAgain === true || call.idempotencyKey !== undefined) && !isOutcome(error))

/** A change without a key is never sent twice: it may have been made although no answer came. */
async function sendUntilAnswered(options: HttpOptions, path: string, call: Call): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await sendWithToken(options, path, call)
    } catch (error) {
      if (!(error instanceof ClientError) || !canBeSentAgain(call, error)) throw error
      const waitMs = retryDelayMs(options.retry, error, attempt, options.random())
      if (waitMs === undefined) throw error
      await delay(options.timers, waitMs, call.signal)
    }
  }
}

async function sendWithToken(options: HttpOptions, path: string, call: Call): Promise<Answer> {
  if (call.session === 'anonymous') return await exchange(options, path, call, undefined)
  const token = await options.credentials.token()
  try {
    return await exchange(options, path, call, token)
  } catch (error) {
    if (!(error instanceof ClientError) || error.status !== 401 || call.session === 'ending') throw error
    const renewed = await options.credentials.renew(token)
    if (renewed === undefined) throw error
    return await exchange(options, path, call, renewed)
  }
}

async function exchange(
  { baseUrl, timeoutMs, fetch }: HttpOptions,
  path: string,
  call: Call,
  token: string | undefined,
): Promise<Answer> {
  // Outside of the try: what the caller got wrong is no trouble of the network, and is not sent again.
  const request = { method: call.method ?? 'GET', headers: headersOf(call, token), ...bodyOf(call) }
  const timeout = AbortSignal.timeout(call.timeoutMs ?? timeoutMs)
  try {
    const response = await fetch(`${baseUrl}${API_BASE}${path}${queryOf(call.query)}`, {
      ...request,
      signal: call.signal === undefined ? timeout : AbortSignal.any([call.signal, timeout]),
    })
    if (!response.ok) throw await errorOfResponse(response)
    return await answerOf(response)
  } catch (cause) {
    if (cause instanceof ClientError || call.signal?.aborted) throw cause // an abort is the caller's own wish, not an error to show
    const detail = timeout.aborted ? 'The server did not answer in time.' : 'The server cannot be reached.'
    throw new ClientError({ status: 0, code: 'network', detail, cause })
  }
}

function headersOf(call: Call, token: string | undefined): Record<string, string> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (token !== undefined) headers.authorization = bearerOf(token)
  if (call.body !== undefined) headers['content-type'] = 'application/json'
  if (call.ifVersion !== undefined) headers['if-match'] = carried('ifVersion', call.ifVersion)
  if (call.idempotencyKey !== undefined) headers['idempotency-key'] = carried('idempotencyKey', call.idempotencyKey)
  return headers
}

const bodyOf = ({ body }: Call): { body?: string } => (body === undefined ? {} : { body: JSON.stringify(body) })

/** The server would not take such a token either; its owner is asked for another one. */
function bearerOf(token: string): string {
  if (isHeaderValue(token)) return `Bearer ${token}`
  throw new ClientError({
    status: 401,
    code: 'auth.invalid-token',
    detail: 'The token has characters that no token has.',
  })
}

function carried(field: string, value: string): string {
  if (isHeaderValue(value)) return value
  throw invalidArgument(field, 'must have only characters that a header can carry')
}

/** The platform's error quotes the value, which may be a secret: only whether there is one counts. */
function isHeaderValue(value: string): boolean {
  try {
    new Headers({ value })
    return true
  } catch {
    return false
  }
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text()
  const etag = response.headers.get('etag')?.replace(/^W\//, '') // a proxy that compresses marks the tag so; the version is the same
  const version = etag === undefined ? {} : { version: etag }
  try {
    return text === '' ? version : { value: JSON.parse(text), ...version }
  } catch (cause) {
    const detail = 'The answer is none of this server: something between answered in its place.'
    throw new ClientError({ status: response.status, code: 'unknown', detail, cause })
  }
}

function queryOf(query: Call['query']): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) parameters.set(name, String(value))
  }
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}
