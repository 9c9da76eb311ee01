import { type Principal, principalOf } from '@webmacs/auth/fastify'
import { AppError, type Micros } from '@webmacs/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type RawBuilder, sql } from 'kysely'
import { Type } from 'typebox'

/** A thing as it is answered, and when it was last changed. */
export interface Versioned<T> {
  readonly value: T
  readonly updatedOn: Micros
}

/** The version of a thing as an entity tag: when it was last changed. */
export const entityTag = (updatedOn: Micros): string => `"${updatedOn.toString(36)}"`

/** SQL for the `updated_on` of a row that is being changed: never the same twice, whatever the clock does. */
export const nextVersion: RawBuilder<string> = sql<string>`greatest(clock_timestamp(), updated_on + interval '1 microsecond')`

/** Says which version the answer shows, or has made. */
export function tagAnswer(reply: FastifyReply, updatedOn: Micros): void {
  reply.header('etag', entityTag(updatedOn))
}

/** The header that a change may carry so that it is not made over somebody else's. */
export const IfMatch = Type.Object({
  'if-match': Type.Optional(
    Type.String({
      description: 'ETag of the version that the change is meant for; another one in force is answered with 412',
      examples: ['"wx3kz0v2ub"'],
    }),
  ),
})

/** What a caller believes to be the version of what it changes; undefined: it does not care. */
export type ExpectedVersion = string | undefined

/** Who changes something, and which version of it they have seen. */
export interface Edit {
  readonly by: Principal
  readonly expected: ExpectedVersion
}

export const editOf = (request: FastifyRequest): Edit => ({
  by: principalOf(request),
  expected: request.headers['if-match'],
})

/**
 * Compares `If-Match` with the version of the row that the transaction holds locked.
 * @throws AppError `request.precondition`
 */
export function checkVersion(expected: ExpectedVersion, updatedOn: Micros): void {
  if (expected === undefined || expected.trim() === '*') return
  if (expected.split(',').some((tag) => tag.trim() === entityTag(updatedOn))) return
  throw new AppError('request.precondition', {
    detail: 'It was changed meanwhile: read it again, and then make your change.',
  })
}
