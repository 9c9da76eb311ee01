import { SECRET_PLACEHOLDER } from '@webmacs/contracts'
import { invalidField } from '@webmacs/http-kit/schema-validation'
import type { InstanceConfig } from './config-text.ts'

/** Fields that are called like secrets. */
const SECRET_FIELD = /pass(word|wd|phrase)|pwd|secret|token|credential|(api|private|access|encryption)_?key/i

/** As it may be shown, in answers and in the audit log: secrets are replaced by `SECRET_PLACEHOLDER`. */
export const withoutSecrets = (config: InstanceConfig): InstanceConfig =>
  mapFields(config, (name, value) => (SECRET_FIELD.test(name) ? SECRET_PLACEHOLDER : value))

/**
 * As it was meant by a client that was shown the configuration without its secrets: where it sends the placeholder back, the secret stays.
 * @param stored undefined: there is no configuration yet
 * @throws AppError `request.invalid` where nothing is stored that could stay
 */
export function withStoredSecrets(sent: InstanceConfig, stored: InstanceConfig | undefined): InstanceConfig {
  return mapFields(sent, (name, value, path) => {
    if (value !== SECRET_PLACEHOLDER || !SECRET_FIELD.test(name)) return value
    const kept = path.reduce<unknown>((at, step) => (isContainer(at) ? Reflect.get(at, step) : undefined), stored)
    if (kept === undefined)
      throw invalidField(['body.config_json', ...path].join('.'), 'is not stored yet: say what it is')
    return kept
  })
}

type Mapping = (name: string, value: unknown, path: readonly string[]) => unknown

/** Every field with its path from the top; what the mapping leaves as it is is looked into. */
function mapFields(config: InstanceConfig, map: Mapping): InstanceConfig {
  const mapObject = (object: object, path: readonly string[]): InstanceConfig =>
    Object.fromEntries(Object.entries(object).map(([name, value]) => [name, mapValue(name, value, [...path, name])]))
  const mapValue = (name: string, value: unknown, path: readonly string[]): unknown => {
    const mapped = map(name, value, path)
    if (mapped !== value) return mapped
    if (Array.isArray(value)) return value.map((item, index) => mapValue('', item, [...path, String(index)]))
    return isContainer(value) ? mapObject(value, path) : value
  }
  return mapObject(config, [])
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null
