import { Agent, type IncomingHttpHeaders, request as startRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import type { WireBody } from './hostile-bodies.ts'

export interface WireRequest {
  readonly method: string
  /** As it goes over the wire: percent-encoded or not. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: WireBody
}

export interface WireAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** From the start of the request to the end of the answer. */
  readonly durationMs: number
}

/** Longer than that counts as not at all. */
const DEADLINE_MS = 5_000

/** Sends what other clients refuse to: raw paths, wrong types, bytes that are no text. */
export class Wire implements Disposable {
  readonly #url: string
  readonly #agent = new Agent({ keepAlive: true })

  constructor(url: string) {
    this.#url = url
  }

  /** @throws Error when no answer comes in time, or the connection breaks before it */
  async send({ method, target, headers, body }: WireRequest): Promise<WireAnswer> {
    const startedAt = performance.now()
    const { promise, resolve, reject } = Promise.withResolvers<WireAnswer>()
    const { hostname, port } = new URL(this.#url)
    const request = startRequest({
      ...{ agent: this.#agent, hostname, port, method, path: target },
      headers: { ...headers, ...body?.headers, ...lengthOf(body) },
      signal: AbortSignal.timeout(DEADLINE_MS),
    })
    request.on('error', reject)
    request.on('response', (response) => {
      text(response).then(
        (read) =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: read,
            durationMs: performance.now() - startedAt,
          }),
        reject,
      )
    })
    for (const piece of piecesOf(body)) request.write(piece)
    request.end()
    return promise
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }
}

const lengthOf = (body: WireBody | undefined): Record<string, string> =>
  body === undefined
    ? {}
    : body.chunks !== undefined
      ? { 'transfer-encoding': 'chunked' }
      : { 'content-length': String(body.bytes.length) }

function piecesOf(body: WireBody | undefined): Buffer[] {
  if (body === undefined) return []
  const { bytes, chunks = 1 } = body
  const size = Math.max(1, Math.ceil(bytes.length / chunks))
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, turn) =>
    bytes.subarray(turn * size, (turn + 1) * size),
  )
}

const SHOWN = 300

/** A request as a person reads it, for the report of what went wrong. */
export function shown({ method, target, headers, body }: WireRequest): string {
  const { authorization, ...others } = headers
  const said = Object.entries({ ...others, ...body?.headers }).map(([name, value]) => `${name}: ${cut(value, 80)}`)
  const who = authorization?.startsWith('Bearer ey') ? [] : [`authorization: ${authorization?.slice(0, 80)}`]
  return [`${method} ${cut(target, SHOWN)}`, ...who, ...said, body && cut(body.bytes.toString(), SHOWN)]
    .filter(Boolean)
    .join('\n    ')
}

export const cut = (long: string, length: number): string =>
  long.length <= length ? long : `${long.slice(0, length)}… (${long.length})`
