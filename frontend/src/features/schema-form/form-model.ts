/** What a form draws of a JSON schema: one of these per value. */
export type FormField = FieldText & FieldShape
type FieldShape =
  | TextField
  | NumberField
  | { readonly kind: 'switch' }
  | ChoiceField
  | GroupField
  | ListField
  | VariantsField
  | { readonly kind: 'json' }

interface FieldText {
  readonly title: string
  readonly description: string | undefined
  readonly default: unknown
}
interface TextField {
  readonly kind: 'text'
  readonly isSecret: boolean
  readonly isLong: boolean
  readonly minLength: number | undefined
  readonly pattern: string | undefined
}
interface NumberField {
  readonly kind: 'number'
  readonly isInteger: boolean
  readonly min: number | undefined
  readonly max: number | undefined
  readonly unit: string | undefined
}
export interface ChoiceField {
  readonly kind: 'choice'
  /** Values may be of any type: they are known by their place. */
  readonly options: readonly { readonly value: unknown; readonly label: string }[]
}
export interface GroupField {
  readonly kind: 'group'
  readonly members: readonly Member[]
}
export interface Member {
  readonly name: string
  /** Has to be filled in: the schema asks for it and has no default. */
  readonly isRequired: boolean
  readonly field: FormField
}
export interface ListField {
  readonly kind: 'list'
  readonly item: FormField
  readonly minItems: number
  readonly maxItems: number
}
/** One of several groups; which one a value is shows in the constants it has. */
export interface VariantsField {
  readonly kind: 'variants'
  readonly options: readonly Variant[]
}
export interface Variant {
  readonly label: string
  readonly group: GroupField
  /** Members that have one possible value. */
  readonly constants: Readonly<Record<string, unknown>>
}

export type JsonSchema = Readonly<Record<string, unknown>>

/** Fields that are called like secrets; the server answers them as `[secret]`. */
const SECRET_NAME = /pass(word|wd|phrase)|pwd|secret|token|credential|(api|private|access|encryption)_?key/i
/** What may be so long is a file, like a certificate: its lines have to survive. */
const LONG_TEXT = 10_000
const MAX_DEPTH = 12

/**
 * What to draw for a schema. What it does not know (free-form objects, tuples, conditions) becomes a field for JSON text, so that
 * every configuration can be written.
 * @param name the property's, where the schema has no title
 */
export function formOf(schema: unknown, name = '', root: unknown = schema, depth = 0): FormField {
  const own = resolved(schema, root)
  const use = { ...withoutNull(own), ...pick(own, ['title', 'description', 'default']) }
  const text: FieldText = {
    title: asText(use.title) ?? titleOf(name),
    description: asText(use.description),
    default: use.default,
  }
  return { ...text, ...(depth > MAX_DEPTH ? JSON_FIELD : shapeOf(use, { name, root, depth })) }
}

interface Place {
  readonly name: string
  readonly root: unknown
  readonly depth: number
}
const JSON_FIELD = { kind: 'json' } as const

function shapeOf(schema: JsonSchema, place: Place): FieldShape {
  const options = choicesOf(schema, place.root)
  if (options !== undefined) return { kind: 'choice', options }
  const alternatives = alternativesOf(schema)
  if (alternatives !== undefined) return variantsOf(alternatives, place) ?? JSON_FIELD
  switch (schema.type) {
    case 'string':
      return textOf(schema, place.name)
    case 'number':
    case 'integer':
      return numberOf(schema)
    case 'boolean':
      return { kind: 'switch' }
    case 'array':
      return listOf(schema, place)
    default:
      return isRecord(schema.properties) ? groupOf(schema, place) : JSON_FIELD
  }
}

const textOf = (schema: JsonSchema, name: string): TextField => {
  const isSecret = schema.format === 'password' || schema.writeOnly === true || SECRET_NAME.test(name)
  const isLong = schema.format === 'textarea' || (asNumber(schema.maxLength) ?? 0) >= LONG_TEXT
  return { kind: 'text', isSecret, isLong, minLength: asNumber(schema.minLength), pattern: asText(schema.pattern) }
}

const numberOf = (schema: JsonSchema): NumberField => ({
  kind: 'number',
  isInteger: schema.type === 'integer',
  min: asNumber(schema.minimum) ?? asNumber(schema.exclusiveMinimum),
  max: asNumber(schema.maximum) ?? asNumber(schema.exclusiveMaximum),
  unit: asText(schema.unit) ?? asText(schema['x-unit']),
})

function listOf(schema: JsonSchema, { root, depth }: Place): ListField | typeof JSON_FIELD {
  if (!isRecord(schema.items)) return JSON_FIELD
  const item = formOf(schema.items, 'Entry', root, depth + 1)
  return { kind: 'list', item, minItems: asNumber(schema.minItems) ?? 0, maxItems: asNumber(schema.maxItems) ?? 10_000 }
}

function groupOf(schema: JsonSchema, { root, depth }: Place): GroupField {
  const required = Array.isArray(schema.required) ? schema.required : []
  const members = Object.entries(isRecord(schema.properties) ? schema.properties : {}).map(([name, property]) => {
    const field = formOf(property, name, root, depth + 1)
    return { name, isRequired: required.includes(name) && field.default === undefined, field }
  })
  return { kind: 'group', members }
}

function variantsOf(alternatives: readonly unknown[], { root, depth }: Place): VariantsField | undefined {
  const options: Variant[] = []
  for (const alternative of alternatives) {
    const schema = resolved(alternative, root)
    if (!isRecord(schema.properties)) return undefined
    const constants: Record<string, unknown> = {}
    for (const [name, property] of Object.entries(schema.properties)) {
      const values = choicesOf(resolved(property, root), root)
      if (values?.length === 1) constants[name] = values[0]?.value
    }
    const group = groupOf(schema, { name: '', root, depth: depth + 1 })
    const label = asText(schema.title) ?? titleOf(Object.values(constants).map(String).join(' '))
    options.push({
      label: label === '' ? `Form ${options.length + 1}` : label,
      group: { kind: 'group', members: group.members.filter(({ name }) => !(name in constants)) },
      constants,
    })
  }
  return options.length === 0 ? undefined : { kind: 'variants', options }
}

/** The possible values, where there is a list of them: `enum`, `const`, or alternatives of nothing but constants. */
function choicesOf(schema: JsonSchema, root: unknown): ChoiceField['options'] | undefined {
  if ('const' in schema) return [{ value: schema.const, label: String(schema.const) }]
  if (Array.isArray(schema.enum)) {
    const names = Array.isArray(schema.enumNames) ? schema.enumNames : []
    return schema.enum.map((value, place) => ({ value, label: asText(names[place]) ?? String(value) }))
  }
  const constants = alternativesOf(schema)?.map((alternative) => resolved(alternative, root))
  if (constants === undefined || constants.length === 0 || !constants.every((entry) => 'const' in entry)) return
  return constants.map((entry) => ({ value: entry.const, label: asText(entry.title) ?? String(entry.const) }))
}

function alternativesOf(schema: JsonSchema): readonly unknown[] | undefined {
  const list = schema.oneOf ?? schema.anyOf
  return Array.isArray(list) ? list : undefined
}

/** A value that may also be null is drawn as what it is otherwise; left empty, it is left out. */
function withoutNull(schema: JsonSchema): JsonSchema {
  if (Array.isArray(schema.type)) {
    const types = schema.type.filter((type) => type !== 'null')
    return types.length === 1 ? { ...schema, type: types[0] } : schema
  }
  const alternatives = alternativesOf(schema)
  const others = alternatives?.filter((entry) => !isRecord(entry) || entry.type !== 'null')
  if (alternatives === undefined || others === undefined || others.length === alternatives.length) return schema
  const { oneOf, anyOf, ...rest } = schema
  const [only] = others
  return others.length === 1 && isRecord(only) ? { ...only, ...rest } : { ...rest, anyOf: others }
}

/** Follows `$ref` within the schema. */
function resolved(schema: unknown, root: unknown, hops = 0): JsonSchema {
  if (!isRecord(schema)) return {}
  const ref = schema.$ref
  if (typeof ref !== 'string' || !ref.startsWith('#') || hops > MAX_DEPTH) return schema
  const steps = ref.slice(1).split('/').filter(Boolean)
  const target = steps.reduce<unknown>((at, step) => (isRecord(at) ? at[step] : undefined), root)
  const { $ref, ...rest } = schema
  return { ...resolved(target, root, hops + 1), ...rest }
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const asText = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
const asNumber = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)
const pick = (from: JsonSchema, names: readonly string[]): JsonSchema =>
  Object.fromEntries(names.flatMap((name) => (name in from ? [[name, from[name]]] : [])))

/** `slave_id` → `Slave id`, `byteOrder` → `Byte order`. */
export function titleOf(name: string): string {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/[_-]+/g, ' ')
    .trim()
    .toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
