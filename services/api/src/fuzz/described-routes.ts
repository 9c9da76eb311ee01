import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { ANSWERED_BY } from '../openapi/routes-elsewhere.ts'

/** A parameter of a route, as the description names it. */
export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
}

interface Content {
  readonly schema?: object
  readonly example?: unknown
  readonly examples?: Readonly<Record<string, unknown>>
}

interface Operation {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> }
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Content>> }>>
}

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** What the server says about one of its routes. */
export interface DescribedRoute {
  /** `POST /api/v1/events` */
  readonly name: string
  readonly method: string
  /** With parameters as `{name}`. */
  readonly path: string
  readonly parameters: readonly Parameter[]
  /** A body that it takes; undefined: it takes none. */
  readonly example: unknown
  /** Codes of the errors that it says it answers with. */
  readonly codes: ReadonlySet<string>
  /** @returns what of a successful answer is not as described; undefined: nothing */
  misfit(status: number, body: unknown): string | undefined
}

const JSON_TYPE = 'application/json'

/** Every route that the server describes and answers: a new one is fuzzed without being named anywhere. */
export function describedRoutes({ paths }: OpenApi): DescribedRoute[] {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, operation]) => !(ANSWERED_BY in operation))
      .map(([method, operation]) => describedRoute(ajv, path, method.toUpperCase(), operation)),
  )
}

function describedRoute(ajv: Ajv2020, path: string, method: string, operation: Operation): DescribedRoute {
  const checks = new Map<string, ValidateFunction>()
  const codes = new Set<string>()
  for (const [status, { content = {} }] of Object.entries(operation.responses)) {
    const schema = content[JSON_TYPE]?.schema
    if (schema !== undefined) checks.set(status, ajv.compile(schema))
    for (const code of Object.keys(content['application/problem+json']?.examples ?? {})) codes.add(code)
  }
  return {
    name: `${method} ${path}`,
    method,
    path,
    parameters: operation.parameters ?? [],
    example: operation.requestBody?.content[JSON_TYPE]?.example,
    codes,
    misfit(status, body) {
      const check = checks.get(String(status))
      if (check === undefined) return `${status} is not described`
      return check(body) ? undefined : ajv.errorsText(check.errors)
    },
  }
}
