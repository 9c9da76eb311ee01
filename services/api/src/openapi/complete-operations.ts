import { type Access, ERRORS, type ErrorCode, type Problem } from '@webmacs/contracts'
import type { RouteOptions } from 'fastify'
import { exampleOf, type SchemaNode } from './example-of.ts'

interface Content {
  schema?: SchemaNode
  example?: unknown
}
interface Parameter {
  required?: boolean
  readonly schema?: SchemaNode
}

/** What is touched here of an OpenAPI document. */
interface Operation {
  description?: string
  security?: object[]
  parameters?: Parameter[]
  requestBody?: { content?: Record<string, Content> }
  responses?: Record<string, { content?: Record<string, Content> }>
}
interface Document {
  readonly paths?: object
}

/** Completes each operation with what its route declares: who may use it, an example of every body, and every error it can answer with. */
export function completeOperations<D extends Document>(document: D, routes: readonly RouteOptions[]): D {
  const paths = new Map<string, Record<string, Operation>>(Object.entries(document.paths ?? {}))
  for (const route of routes) {
    for (const method of [route.method].flat()) {
      const operation = paths.get(route.url.replaceAll(/:(\w+)/g, '{$1}'))?.[method.toLowerCase()]
      if (operation !== undefined) complete(operation, route)
    }
  }
  return document
}

function complete(operation: Operation, route: RouteOptions): void {
  for (const parameter of operation.parameters ?? []) {
    if (parameter.schema?.default !== undefined) parameter.required = false
  }
  for (const body of Object.values(operation.requestBody?.content ?? {})) {
    if (body.schema !== undefined) body.schema = withoutRequiredDefaults(body.schema)
  }
  for (const { content } of [operation.requestBody ?? {}, ...Object.values(operation.responses ?? {})]) {
    for (const body of Object.values(content ?? {}))
      if (body.schema !== undefined) body.example ??= exampleOf(body.schema) // one of the whole was moved here already
  }
  const access = route.config?.access
  if (access !== undefined && access.role !== 'public') {
    operation.security = [{ token: [] }]
    operation.description = [operation.description, describeAccess(access)].filter(Boolean).join(' ')
  }
  const byStatus = Map.groupBy(new Set(codesOf(route)), (code) => ERRORS[code].status)
  for (const [status, codes] of [...byStatus].sort(([one], [other]) => one - other)) {
    operation.responses = { ...operation.responses, [status]: problemResponse(codes, route.url) }
  }
}

/** What has a default may be left out, whatever the type says that a handler sees. */
function withoutRequiredDefaults(schema: SchemaNode): SchemaNode {
  const required = schema.required?.filter((name) => schema.properties?.[name]?.default === undefined)
  return required === undefined ? schema : { ...schema, required }
}

function describeAccess({ role, othersNeed, credential }: Access): string {
  const sentences = [`Needs the role ${role}.`]
  if (othersNeed !== undefined) sentences.push(`What belongs to others needs the role ${othersNeed}.`)
  if (credential === 'login') sentences.push('An API token is not enough.')
  return sentences.join(' ')
}

/** Whatever takes no body still reads the one that somebody sends. */
const readsBody = ({ method, schema }: RouteOptions): boolean =>
  schema?.body !== undefined || ![method].flat().includes('GET')

function codesOf(route: RouteOptions): ErrorCode[] {
  const { config, schema } = route
  const codes: ErrorCode[] = [...(config?.errors ?? [])]
  const access = config?.access
  if (access !== undefined && access.role !== 'public') {
    codes.push('auth.required', 'auth.invalid-token', 'auth.expired-token', 'auth.revoked-token', 'auth.user-gone')
    if (access.role !== 'viewer' || access.othersNeed !== undefined) codes.push('auth.forbidden')
    if (access.credential === 'login') codes.push('auth.login-needed')
  }
  if (readsBody(route)) codes.push('request.too-large', 'request.media-type')
  if (readsBody(route) || schema?.querystring !== undefined || schema?.params !== undefined)
    codes.push('request.invalid')
  codes.push('request.rate-limited', 'internal', 'database.unavailable', 'service.unavailable')
  return codes
}

function problemResponse(codes: readonly ErrorCode[], url: string): object {
  const examples = codes.map((code) => [code, { summary: ERRORS[code].title, value: problemExample(code, url) }])
  return {
    description: codes.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join('; '),
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(examples),
      },
    },
  }
}

const problemExample = (code: ErrorCode, url: string): Problem => ({
  type: 'about:blank',
  title: ERRORS[code].title,
  status: ERRORS[code].status,
  detail: `${ERRORS[code].title}.`,
  instance: url.replaceAll(/:(\w+)/g, '{$1}'),
  code,
  traceId: '5897ca49-22e1-4208-ba61-d1f7f898522a',
  ...(code === 'request.invalid' && { errors: [{ field: 'body.name', rule: 'is required' }] }),
})
