import { type Principal, principalOf } from '@webmacs/auth/fastify'
import type { FastifyRequest } from 'fastify'
import { type ExpectedVersion, expectedVersion } from './versions.ts'

/** Who makes a change, and of which version they believe to make it. */
export interface ChangeTerms {
  readonly by: Principal
  readonly expected: ExpectedVersion
}

export const termsOf = (request: FastifyRequest): ChangeTerms => ({
  by: principalOf(request),
  expected: expectedVersion(request),
})
