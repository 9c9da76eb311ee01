import { ConfigError, ConnectionError, DeviceTimeoutError } from '@webmacs/plugin-sdk'
import { Agent, type Dispatcher, request } from 'undici'
import type { HttpConfig } from './config.ts'

/** The device answered, and not with what it should. The next call may succeed. */
export class AnswerError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'AnswerError'
  }
}

export interface JsonRequest {
  readonly method: Dispatcher.HttpMethod
  /** Below the base address. */
  readonly path: string
  readonly body?: string
  readonly contentType?: string
}

const MAX_BYTES = 1_000_000
const MAX_REDIRECTS = 3
const MAX_CONNECTIONS = 4
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** Asks one device, and keeps connections to it open. */
export class JsonClient {
  readonly #config: HttpConfig
  readonly #agent: Agent
  readonly #headers: Readonly<Record<string, string>>

  constructor(config: HttpConfig) {
    this.#config = config
    this.#headers = headersOf(config)
    const { ca, verify_certificate } = config
    this.#agent = new Agent({
      connections: MAX_CONNECTIONS,
      connect: { ...(ca.trim() === '' ? {} : { ca }), rejectUnauthorized: verify_certificate },
    })
  }

  async close(): Promise<void> {
    await this.#agent.destroy()
  }

  /** What a reading request answers. @throws ConnectionError, DeviceTimeoutError or AnswerError */
  async read(path: string, signal: AbortSignal): Promise<unknown> {
    const { method, body } = this.#config
    const reading: JsonRequest =
      method === 'POST' ? { method, path, body, contentType: 'application/json' } : { method, path }
    const { text, where } = await this.#send(reading, signal)
    try {
      return JSON.parse(text)
    } catch (err) {
      throw new AnswerError(`${where} answered with something that is no JSON`, { cause: err })
    }
  }

  /** @throws ConnectionError, DeviceTimeoutError or AnswerError */
  async write(writing: JsonRequest, signal: AbortSignal): Promise<void> {
    await this.#send(writing, signal)
  }

  /** One deadline for all of it, redirects included. */
  async #send(sent: JsonRequest, signal: AbortSignal): Promise<{ text: string; where: string }> {
    const { timeout_seconds } = this.#config
    const deadline = AbortSignal.timeout(timeout_seconds * 1000)
    let url = urlOf(this.#config.base_url, sent.path)
    const where = `${sent.method} ${url.origin}${url.pathname}` // no query: it may hold a secret
    try {
      for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
        const answer = await this.#once(url, sent, AbortSignal.any([signal, deadline]))
        if (!REDIRECTS.has(answer.statusCode)) return { text: await textOf(answer, where), where }
        await answer.body.dump()
        url = redirected(answer, url, sent, where)
      }
      throw new AnswerError(`${where} was redirected more than ${MAX_REDIRECTS} times`)
    } catch (err) {
      signal.throwIfAborted()
      if (err instanceof AnswerError) throw err
      if (deadline.aborted) throw new DeviceTimeoutError(`${where} did not answer within ${timeout_seconds} s`)
      throw new ConnectionError(`${url.origin} cannot be reached: ${messageOf(err)}`, { cause: err })
    }
  }

  #once(url: URL, { method, body, contentType }: JsonRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const hasBody = body !== undefined && body !== ''
    const headers = hasBody && contentType ? { ...this.#headers, 'content-type': contentType } : this.#headers
    return request(url, { dispatcher: this.#agent, method, headers, body: hasBody ? body : null, signal })
  }
}

/** @throws ConfigError when the two make no address */
export function urlOf(base: string, path: string): URL {
  const text = `${base.replace(/\/+$/, '')}${path.startsWith('/') || path.startsWith('?') ? '' : '/'}${path}`
  const url = URL.parse(text)
  if (url === null) throw new ConfigError(`"${text}" is no address`)
  return url
}

function headersOf({ auth, username, password, token, headers }: HttpConfig): Record<string, string> {
  const all: Record<string, string> = { accept: 'application/json' }
  for (const { name, value, secret } of headers) all[name.toLowerCase()] = secret === '' ? value : secret
  if (auth === 'basic') all.authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  if (auth === 'bearer') all.authorization = `Bearer ${token}`
  return all
}

/** Only reading follows, and only to the same host: credentials go to nobody else, and an output is not set twice. */
function redirected({ headers }: Dispatcher.ResponseData, from: URL, { method }: JsonRequest, where: string): URL {
  const location = Array.isArray(headers.location) ? headers.location[0] : headers.location
  const to = location === undefined ? null : URL.parse(location, from.href)
  if (to === null) throw new AnswerError(`${where} was redirected to nowhere`)
  if (to.origin !== from.origin)
    throw new AnswerError(`${where} was redirected to ${to.origin}; if that is right, make it the base address`)
  if (method !== 'GET') throw new AnswerError(`${where} was redirected to ${to.pathname}; use that path`)
  return to
}

/** @throws AnswerError unless it is a success of a size that fits */
async function textOf({ statusCode, statusText, body }: Dispatcher.ResponseData, where: string): Promise<string> {
  if (statusCode < 200 || statusCode > 299) {
    await body.dump()
    const hint = statusCode === 401 || statusCode === 403 ? ': the login is not accepted' : ''
    throw new AnswerError(`${where} answered ${`${statusCode} ${statusText}`.trim()}${hint}`)
  }
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > MAX_BYTES) throw new AnswerError(`${where} answered with more than ${MAX_BYTES / 1_000_000} MB`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Connecting by a name with several addresses fails with several errors, and none in the message. */
function messageOf(err: unknown): string {
  if (err instanceof AggregateError && err.message === '') return err.errors.map(messageOf).join(', ')
  return err instanceof Error ? err.message : String(err)
}
