import { AppError } from '@webmacs/contracts'
import { describeErrors, offendingValue } from '@webmacs/contracts/validation'
import { Ajv2020, type Options, type ValidateFunction } from 'ajv/dist/2020.js'
import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { compileBodyCoercion, compileTextCoercion } from './coercion.ts'

const RULES = {
  allErrors: true,
  strict: false,
  strictNumbers: true,
  useDefaults: true,
  verbose: true,
} as const satisfies Options

/** Where a rule was broken, as users read it in `errors[].field`. */
const ROOTS: Record<string, string> = { body: 'body', querystring: 'query', params: 'path', headers: 'header' }

/**
 * Compiles the schemas of routes. Text from the address is turned into the schema's types; in bodies only float fields are lenient
 * (`compileBodyCoercion`). Ajv's own coercion is not used: it reads null as 0, `[3]` as 3 and "Infinity" as a number. What breaks a rule
 * becomes one AppError `request.invalid` that names every field; unknown fields pass unseen.
 */
export function createSchemaCompiler(): FastifySchemaCompiler<TSchema> {
  const ajv = new Ajv2020(RULES)
  return ({ schema, httpPart }) => {
    const validate = ajv.compile(schema)
    const coerce = httpPart === 'body' ? compileBodyCoercion(schema) : compileTextCoercion(schema)
    const root = ROOTS[httpPart ?? 'body'] ?? 'request'
    return (data: unknown) => {
      // The framework gives null for a body that was not sent.
      if (data === null && !validate(data)) return { error: invalidField(root, 'is required') }
      const value = coerce === undefined ? data : coerce(data)
      return validate(value) ? { value } : { error: invalid(validate, root) }
    }
  }
}

/** A field that breaks a rule no schema can say; `rule` completes the sentence "<field> …". */
export function invalidField(field: string, rule: string, value?: unknown): AppError {
  return new AppError('request.invalid', {
    detail: `${field} ${rule}.`,
    errors: [{ field, rule, ...offendingValue(field, value) }],
  })
}

const FIELDS_IN_DETAIL = 3

function invalid(validate: ValidateFunction, root: string): AppError {
  const errors = describeErrors(validate.errors ?? [], root)
  const sentences = errors.slice(0, FIELDS_IN_DETAIL).map(({ field, rule }) => `${field} ${rule}`)
  return new AppError('request.invalid', { detail: `${sentences.join('; ')}.`, errors })
}
