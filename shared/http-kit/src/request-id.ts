import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export const REQUEST_ID_HEADER = 'x-request-id'

const ACCEPTABLE = /^[\w.-]{8,128}$/

/** The caller's `X-Request-ID` when it is one (8 to 128 letters, digits, `.`, `_`, `-`), so that a trace goes on; else a new one. */
export function requestIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers[REQUEST_ID_HEADER]
  return typeof given === 'string' && ACCEPTABLE.test(given) ? given : randomUUID()
}
