import { API_BASE } from '@webmacs/contracts'
import { backoffMs } from './backoff.ts'
import { ClientError, errorOfResponse } from './client-error.ts'
import { delay, type Timers } from './timers.ts'

export interface HttpOptions {
  /** Where the gateway listens, without a slash at the end; empty in a browser page that came from there. */
  readonly baseUrl: string
  /** The access token in force, or undefined when nobody is logged in. */
  readonly getToken: () => string | undefined
  /** The server no longer takes the token (401). Not called for a failed login. */
  readonly onUnauthorized?: () => void
  readonly fetch: typeof globalThis.fetch
  readonly timers: Timers
  readonly random: () => number
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: unknown
  readonly signal?: AbortSignal | undefined
  /** False where a 401 speaks of the credentials sent, not of the session. */
  readonly session?: boolean
}

export type Send = <T>(path: string, call?: Call) => Promise<T>

/** How often a GET is sent at most: reading twice changes nothing, so passing trouble need not reach the user. */
const GET_ATTEMPTS = 3
const RETRY = { firstMs: 300, maxMs: 3000 }
/** A server that says nothing for this long is taken as away. */
const TIMEOUT_MS = 15_000

/** Sends requests below `/api/v1` with the token, and throws `ClientError` for everything that is no success. */
export function createSend(options: HttpOptions): Send {
  return async <T>(path: string, call: Call = {}): Promise<T> => {
    const attempts = (call.method ?? 'GET') === 'GET' ? GET_ATTEMPTS : 1
    for (let attempt = 1; ; attempt++) {
      try {
        return (await sendOnce(options, path, call)) as T // the server's answers follow the contracts' schemas
      } catch (error) {
        if (!(error instanceof ClientError) || !isPassing(error) || attempt >= attempts) throw error
        const waitMs = backoffMs(RETRY, attempt, options.random())
        await delay(options.timers, Math.max(waitMs, retryAfterMs(error)), call.signal)
      }
    }
  }
}

const isPassing = ({ status }: ClientError): boolean => status === 0 || status === 502 || status === 503
const retryAfterMs = ({ retryAfterSeconds }: ClientError): number => Math.min((retryAfterSeconds ?? 0) * 1000, 3000)

async function sendOnce(options: HttpOptions, path: string, call: Call): Promise<unknown> {
  const response = await fetchAnswer(options, path, call)
  if (response.ok) return response.status === 204 ? undefined : await response.json()
  const error = await errorOfResponse(response)
  if (error.status === 401 && call.session !== false) options.onUnauthorized?.()
  throw error
}

async function fetchAnswer({ baseUrl, getToken, fetch }: HttpOptions, path: string, call: Call): Promise<Response> {
  const token = getToken()
  const headers: Record<string, string> = { accept: 'application/json' }
  if (token !== undefined) headers.authorization = `Bearer ${token}`
  if (call.body !== undefined) headers['content-type'] = 'application/json'
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  try {
    return await fetch(`${baseUrl}${API_BASE}${path}${queryOf(call.query)}`, {
      method: call.method ?? 'GET',
      headers,
      signal: call.signal === undefined ? timeout : AbortSignal.any([call.signal, timeout]),
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    })
  } catch (cause) {
    if (call.signal?.aborted) throw cause // the caller's own wish, not an error to show
    const detail = timeout.aborted ? 'The server did not answer in time.' : 'The server cannot be reached.'
    throw new ClientError({ status: 0, code: 'network', detail, cause })
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
