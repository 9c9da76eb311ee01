import { type Access, ERRORS, type ErrorCode } from '@webmacs/contracts'
import type { RouteOptions } from 'fastify'

/** What is touched here of an OpenAPI document. */
interface Operation {
  description?: string
  security?: object[]
  responses?: Record<string, unknown>
}
interface Document {
  readonly paths?: object
}

/** Adds to each operation what its route declares: the role it needs, and every error it can answer with. */
export function documentErrors<D extends Document>(document: D, routes: readonly RouteOptions[]): D {
  const paths = new Map<string, Record<string, Operation>>(Object.entries(document.paths ?? {}))
  for (const route of routes) {
    for (const method of [route.method].flat()) {
      const operation = paths.get(route.url.replaceAll(/:(\w+)/g, '{$1}'))?.[method.toLowerCase()]
      if (operation !== undefined) describe(operation, route)
    }
  }
  return document
}

function describe(operation: Operation, route: RouteOptions): void {
  const access = route.config?.access
  if (access !== undefined && access.role !== 'public') {
    operation.security = [{ token: [] }]
    operation.description = [operation.description, describeAccess(access)].filter(Boolean).join(' ')
  }
  const byStatus = Map.groupBy(new Set(codesOf(route)), (code) => ERRORS[code].status)
  for (const [status, codes] of [...byStatus].sort(([one], [other]) => one - other)) {
    operation.responses = { ...operation.responses, [status]: problem(codes) }
  }
}

function describeAccess({ role, othersNeed, credential }: Access): string {
  const sentences = [`Needs the role ${role}.`]
  if (othersNeed !== undefined) sentences.push(`What belongs to others needs the role ${othersNeed}.`)
  if (credential === 'login') sentences.push('An API token is not enough.')
  return sentences.join(' ')
}

function codesOf({ config, schema }: RouteOptions): ErrorCode[] {
  const codes: ErrorCode[] = [...(config?.errors ?? [])]
  const access = config?.access
  if (access !== undefined && access.role !== 'public') {
    codes.push('auth.required', 'auth.invalid-token', 'auth.expired-token', 'auth.revoked-token', 'auth.user-gone')
    if (access.role !== 'viewer' || access.othersNeed !== undefined) codes.push('auth.forbidden')
    if (access.credential === 'login') codes.push('auth.login-needed')
  }
  if (schema?.body !== undefined) codes.push('request.too-large', 'request.media-type')
  if (schema?.body !== undefined || schema?.querystring !== undefined) codes.push('request.invalid')
  codes.push('request.rate-limited', 'internal', 'database.unavailable', 'service.unavailable')
  return codes
}

function problem(codes: readonly ErrorCode[]): object {
  return {
    description: codes.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join('; '),
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  }
}
