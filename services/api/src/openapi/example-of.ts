/** What of a JSON schema an example is made from. */
export interface SchemaNode {
  readonly const?: unknown
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly examples?: readonly unknown[]
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly required?: readonly string[]
  readonly items?: SchemaNode
  readonly anyOf?: readonly SchemaNode[]
  readonly additionalProperties?: SchemaNode | boolean
  readonly description?: string
}

/**
 * An example that fulfils the schema, put together from what its fields say of themselves: example, constant, default, first of a set.
 * @returns undefined where a field says nothing of itself
 */
export function exampleOf(schema: SchemaNode): unknown {
  if (schema.examples?.length) return schema.examples[0]
  if ('const' in schema) return schema.const
  if ('default' in schema) return schema.default
  if (schema.enum?.length) return schema.enum[0]
  if (schema.anyOf?.length) return exampleOf(schema.anyOf[0] ?? {})
  if (schema.type === 'boolean') return true
  if (schema.type === 'array') return [exampleOf(schema.items ?? {})]
  if (schema.type === 'object') return exampleOfObject(schema)
  return undefined
}

function exampleOfObject({ properties = {}, additionalProperties }: SchemaNode): Record<string, unknown> {
  if (typeof additionalProperties === 'object') return { evt_7k2m9q4tx3ab: exampleOf(additionalProperties) }
  return Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, exampleOf(property)]))
}

/** Paths of the fields that say too little: without a description, or without anything that an example could be made from. */
export function undescribedFields(schema: SchemaNode, path: string): string[] {
  const children = [
    ...Object.entries(schema.properties ?? {}).map(([name, child]) => [`${path}.${name}`, child] as const),
    ...(schema.items === undefined ? [] : [[`${path}[]`, schema.items] as const]),
  ]
  return children.flatMap(([at, child]) => [
    ...(child.description === undefined && !at.endsWith('[]') ? [`${at} has no description`] : []),
    ...(!at.endsWith('[]') && exampleOf(child) === undefined ? [`${at} has no example`] : []),
    ...undescribedFields(child, at),
  ])
}
