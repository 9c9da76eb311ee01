import type { TSchema } from 'typebox'

/** Turns values into the type that a schema asks for, in place; what cannot be turned is left for the validator to refuse. */
export type Coercion = (value: unknown) => unknown

/** What is made of a single value where the schema asks for this type; the value itself where nothing is. */
type Rule = (type: 'number' | 'integer' | 'boolean', value: unknown) => unknown

/**
 * For bodies. Older clients send numeric strings and booleans for float fields (`"2.5"` → 2.5, `true` → 1), and only there; never null,
 * arrays, or what is not finite (`"nan"`, `"1e400"`). Integer fields take numbers only.
 * @returns undefined when the schema has no float field
 */
export const compileBodyCoercion = (schema: TSchema): Coercion | undefined =>
  compile(schema, (type, value) => {
    if (type !== 'number') return value
    return typeof value === 'boolean' ? Number(value) : numberOr(value)
  })

/** For queries, where everything arrives as text: numbers and booleans are read from it. A parameter given twice is a list, and stays one. */
export const compileTextCoercion = (schema: TSchema): Coercion | undefined =>
  compile(schema, (type, value) => {
    if (type !== 'boolean') return numberOr(value)
    return value === 'true' ? true : value === 'false' ? false : value
  })

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

function numberOr(value: unknown): unknown {
  if (typeof value !== 'string' || !DECIMAL.test(value.trim())) return value
  const number = Number(value)
  return Number.isFinite(number) ? number : value
}

interface SchemaNode {
  readonly type?: string
  readonly properties?: Record<string, TSchema>
  readonly items?: TSchema
  readonly anyOf?: TSchema[]
}

function compile(schema: TSchema, rule: Rule): Coercion | undefined {
  const { type, properties, items, anyOf }: SchemaNode = schema
  if (type === 'number' || type === 'integer' || type === 'boolean') return (value) => rule(type, value)
  if (type === 'object') return forObject(properties ?? {}, rule)
  if (type === 'array' && items !== undefined) return forArray(items, rule)
  // A number or null is a number where it can be one; with another alternative there would be a choice to make.
  const [alternative, ...others] = (anyOf ?? []).filter((node: SchemaNode) => node.type !== 'null')
  return alternative === undefined || others.length > 0 ? undefined : compile(alternative, rule)
}

function forObject(properties: Record<string, TSchema>, rule: Rule): Coercion | undefined {
  const fields = Object.entries(properties).flatMap(([name, property]) => {
    const coercion = compile(property, rule)
    return coercion === undefined ? [] : [{ name, coercion }]
  })
  if (fields.length === 0) return undefined
  return (value) => {
    if (!isRecord(value)) return value
    for (const { name, coercion } of fields) if (Object.hasOwn(value, name)) value[name] = coercion(value[name])
    return value
  }
}

function forArray(items: TSchema, rule: Rule): Coercion | undefined {
  const coercion = compile(items, rule)
  if (coercion === undefined) return undefined
  return (value) => {
    if (!Array.isArray(value)) return value
    for (const [position, item] of value.entries()) value[position] = coercion(item)
    return value
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
