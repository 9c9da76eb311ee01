import { type AppError, ERRORS, type Problem } from '@webmacs/contracts'
import type { FastifyRequest } from 'fastify'

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

/** Longer than any path that is answered: of what somebody made up, the beginning. */
const LONGEST_PATH = 300

/** The body that says what went wrong (RFC 9457). The query stays out of `instance`: it may hold a token. */
export function problemOf(error: AppError, request: Pick<FastifyRequest, 'url' | 'id'>): Problem {
  const { status, title } = ERRORS[error.code]
  return {
    type: 'about:blank',
    title,
    status,
    // An internal error's own words are for the log: they may tell how the system is built.
    detail:
      error.code === 'internal'
        ? 'Something went wrong on the server. Quote the traceId when you report it.'
        : error.message,
    instance: (request.url.split('?', 1)[0] ?? request.url).slice(0, LONGEST_PATH),
    code: error.code,
    traceId: request.id,
    ...(error.errors !== undefined && { errors: [...error.errors] }),
  }
}
