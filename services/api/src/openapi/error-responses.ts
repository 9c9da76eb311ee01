import { ERRORS, type ErrorCode } from '@webmacs/contracts'
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
  const role = route.config?.role ?? 'public'
  if (role !== 'public') {
    operation.security = [{ token: [] }]
    operation.description = [operation.description, `Needs the role ${role}.`].filter(Boolean).join(' ')
  }
  const byStatus = Map.groupBy(new Set(codesOf(route)), (code) => ERRORS[code].status)
  for (const [status, codes] of [...byStatus].sort(([one], [other]) => one - other)) {
    operation.responses = { ...operation.responses, [status]: problem(codes) }
  }
}

function codesOf({ config, schema }: RouteOptions): ErrorCode[] {
  const codes: ErrorCode[] = [...(config?.errors ?? [])]
  if (config?.role !== 'public') {
    codes.push('auth.required', 'auth.invalid-token', 'auth.revoked-token', 'auth.user-gone')
    if (config?.role !== 'viewer') codes.push('auth.forbidden')
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
