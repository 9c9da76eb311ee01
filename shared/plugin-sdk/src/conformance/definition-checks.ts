import { isDeepStrictEqual } from 'node:util'
import { DIRECTIONS, resolveChannels } from '../channel.ts'
import { isPluginDefinition } from '../definition.ts'
import { type ConformanceCheck, channelsOf, check, expect, parsedConfig } from './check.ts'

const SEMANTIC_VERSION = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/

/** What a driver says of itself, its configuration and its channels. */
export const definitionChecks: readonly ConformanceCheck[] = [
  check('is made with definePlugin', async (definition) => {
    expect(isPluginDefinition(definition), 'the export `plugin` is not the result of definePlugin')
  }),
  check('has an id, a name and a version', async ({ meta }) => {
    for (const field of ['id', 'name', 'version'] as const)
      expect(typeof meta[field] === 'string' && meta[field].trim() !== '', `meta.${field} is empty`)
  }),
  check('has an id in lower case without spaces', async ({ meta }) => {
    expect(meta.id === meta.id.toLowerCase() && !/\s/.test(meta.id), `"${meta.id}" is not`)
  }),
  check('has a semantic version', async ({ meta }) => {
    expect(SEMANTIC_VERSION.test(meta.version), `"${meta.version}" is none, 1.0.0 would be`)
  }),
  check('has a schema that is plain JSON', async ({ configSchema }) => {
    expect(
      isDeepStrictEqual(JSON.parse(JSON.stringify(configSchema)), structuredCloneOf(configSchema)),
      'it holds what JSON cannot: functions, undefined, dates',
    )
  }),
  check('has defaults that are a configuration', async (definition) => {
    parsedConfig(definition, {})
  }),
  check('explains each field of its configuration', async ({ configSchema }) => {
    const silent = fieldsWithoutWords(configSchema, 'config')
    expect(silent.length === 0, `neither title nor description: ${silent.join(', ')}`)
  }),
  check('has at least one channel', async (definition) => {
    expect((await channelsOf(definition)).length > 0, 'it has none')
  }),
  check('gives each channel a known direction', async (definition) => {
    for (const { id, direction } of await channelsOf(definition))
      expect(DIRECTIONS.includes(direction), `channel "${id}" has the direction "${direction}"`)
  }),
  check('gives each channel an id of its own', async (definition) => {
    const ids = (await channelsOf(definition)).map(({ id }) => id)
    const twice = ids.filter((id, index) => ids.indexOf(id) !== index)
    expect(twice.length === 0, `used more than once: ${twice.join(', ')}`)
  }),
  check('gives each channel a unit', async (definition) => {
    for (const { id, unit } of await channelsOf(definition))
      expect(typeof unit === 'string' && unit !== '', `channel "${id}" has none`)
  }),
  check('has channels that an instance can have', async (definition) => {
    resolveChannels(await channelsOf(definition))
  }),
  check('has the same channels whenever it is asked', async (definition) => {
    const [first, second] = [await channelsOf(definition), await channelsOf(definition)]
    const ids = first.map(({ id }) => id)
    expect(
      isDeepStrictEqual(
        ids,
        second.map(({ id }) => id),
      ),
      'they differ: mappings hold on to their ids',
    )
  }),
]

/** Schemas made with TypeBox carry symbols and prototypes of their own, which are no part of the schema. */
const structuredCloneOf = (schema: object): unknown => {
  try {
    return structuredClone(schema)
  } catch {
    return undefined
  }
}

/** Paths of properties that a form could only show by their names. */
function fieldsWithoutWords(schema: unknown, path: string): string[] {
  if (!isRecord(schema)) return []
  const properties = isRecord(schema.properties) ? Object.entries(schema.properties) : []
  const here = properties.flatMap(([name, property]) => {
    const silent = isRecord(property) && property.title === undefined && property.description === undefined
    return silent ? [`${path}.${name}`] : []
  })
  const below = properties.flatMap(([name, property]) => fieldsWithoutWords(property, `${path}.${name}`))
  return [...here, ...below, ...fieldsWithoutWords(schema.items, `${path}[]`)]
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
