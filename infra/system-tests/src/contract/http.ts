/** What came back, as an outsider sees it. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body; a test says what it expects to find there and then looks. @throws SyntaxError when it is not JSON */
  json<T = Record<string, unknown>>(): T
}

export interface Sent {
  readonly token?: string | undefined
  /** Sent as JSON. */
  readonly body?: unknown
  /** Sent as it is, without a content type unless `headers` names one. */
  readonly raw?: string
  readonly headers?: Readonly<Record<string, string>>
}

const DEADLINE_MS = 20_000

/** One request as any client would send it. Redirects are shown, not followed. */
export async function send(
  method: string,
  url: string,
  { token, body, raw, headers = {} }: Sent = {},
): Promise<Answer> {
  const content = raw === undefined ? body !== undefined && JSON.stringify(body) : raw
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    signal: AbortSignal.timeout(DEADLINE_MS),
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    // Bytes, because a string would be given a content type.
    ...(content !== false && { body: new TextEncoder().encode(content) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) }
}
