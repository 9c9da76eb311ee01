import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { ERRORS, type ErrorCode, type Problem } from '@webmacs/contracts'

const CODE: ErrorCode = 'service.unavailable'
const RETRY_AFTER_SECONDS = 2

function problemOf(request: IncomingMessage): Problem {
  return {
    type: 'about:blank',
    title: ERRORS[CODE].title,
    status: ERRORS[CODE].status,
    detail: 'The service is starting or away. Try again in a moment.',
    instance: request.url?.split('?', 1)[0] ?? '/',
    code: CODE,
    traceId: randomUUID(),
  }
}

/** Answers for a service that could not be reached, or ends an answer that broke off half way so that the client notices. */
export function answerUnavailable(request: IncomingMessage, response: ServerResponse): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const problem = problemOf(request)
  response
    .writeHead(problem.status, {
      'content-type': 'application/problem+json',
      'retry-after': String(RETRY_AFTER_SECONDS),
    })
    .end(JSON.stringify(problem))
}

/** The same for a WebSocket's handshake, which has no response object: it must not look like an open socket. */
export function refuseUpgrade(request: IncomingMessage, socket: Socket, status: 404 | 503): void {
  // Once the handshake is over the bytes are WebSocket frames: text of ours among them would be nonsense.
  if (!socket.writable || socket.bytesWritten > 0) {
    socket.destroy()
    return
  }
  const body = status === 503 ? JSON.stringify(problemOf(request)) : 'Not Found'
  const reason = status === 503 ? 'Service Unavailable' : 'Not Found'
  const type = status === 503 ? 'application/problem+json' : 'text/plain'
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\ncontent-type: ${type}\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
