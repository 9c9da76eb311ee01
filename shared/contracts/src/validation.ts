import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import type { Static, TSchema } from 'typebox'
import type { FieldError } from './errors.ts'

export type Validated<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly errors: readonly FieldError[] }

/**
 * One for all schemas: it compiles each once, however often it is asked. Our schemas are not themselves checked against the schema of
 * schemas, which would cost 15 ms and a megabyte each; TypeBox and the compiler see to them.
 */
const ajv = new Ajv2020({ allErrors: true, strict: false, strictNumbers: true, validateSchema: false, verbose: true })

/**
 * Compiles a schema into a check that never coerces: what is wrong is named, what is right is typed. Numbers are finite (JSON's `1e400`
 * is read as Infinity).
 * @param schema a constant: what was compiled is kept as long as the process lives
 * @param root what the field paths start with, for example `frame`
 */
export function createValidator<Schema extends TSchema>(
  schema: Schema,
  root: string,
): (value: unknown) => Validated<Static<Schema>> {
  const check = ajv.compile(schema)
  return (value) => {
    if (check(value)) return { ok: true, value: value as Static<Schema> }
    return { ok: false, errors: describeErrors(check.errors ?? [], root) }
  }
}

const MAX_FIELD_ERRORS = 20
/** Keywords whose errors are about a field of what they come with, and not about that as a whole. */
const NAMES_A_FIELD = new Set(['required', 'additionalProperties'])

/** Ajv's errors (of an instance with `verbose`) as field, rule and value; at most twenty, so that a bad batch does not come back whole. */
export function describeErrors(errors: readonly ErrorObject[], root: string): FieldError[] {
  return errors.slice(0, MAX_FIELD_ERRORS).map((error) => {
    const field = shownField(fieldOf(error, root))
    return { field, rule: ruleOf(error), ...(!NAMES_A_FIELD.has(error.keyword) && offendingValue(field, error.data)) }
  })
}

const LONGEST_FIELD = 200

/** A field as an error may repeat it: whoever makes up keys may make up long ones. */
export const shownField = (field: string): string =>
  field.length > LONGEST_FIELD ? `${field.slice(0, LONGEST_FIELD)}…` : field

const SECRET_FIELD = /password|token|secret/i
const LONGEST_VALUE = 100

/** What broke a rule, as an error may repeat it: `{}` for what is secret, and for lists and objects, which would come back whole. */
export function offendingValue(field: string, value: unknown): Pick<FieldError, 'value'> {
  if (SECRET_FIELD.test(field) || value === undefined) return {}
  if (typeof value === 'string') return { value: value.slice(0, LONGEST_VALUE) }
  return value === null || typeof value !== 'object' ? { value } : {}
}

function fieldOf(error: ErrorObject, root: string): string {
  const path = error.instancePath.split('/').slice(1).map(unescapePointer)
  if (error.keyword === 'required') path.push(String(error.params.missingProperty))
  if (error.keyword === 'additionalProperties') path.push(String(error.params.additionalProperty))
  return [root, ...path].join('.')
}

function ruleOf(error: ErrorObject): string {
  if (error.keyword === 'required') return 'is required'
  if (error.keyword === 'additionalProperties') return 'is not known here'
  if (error.keyword === 'enum') return `must be one of ${(error.params.allowedValues as unknown[]).join(', ')}`
  if (error.keyword === 'pattern' && error.params.pattern === '\\S') return 'must not be blank'
  return error.message ?? `breaks the rule ${error.keyword}`
}

const unescapePointer = (token: string): string => token.replaceAll('~1', '/').replaceAll('~0', '~')
