import { AppError, type FieldError, type PluginDescription } from '@webmacs/contracts'
import { describeErrors } from '@webmacs/contracts/validation'
import { createConfigParser, type ParsedConfig } from '@webmacs/plugin-sdk/config'
import type { InstanceConfig } from './config-text.ts'

export const CONFIG_FIELD = 'body.config_json'
const FIELDS_IN_DETAIL = 3

type Parser = (config: unknown) => ParsedConfig
/** One a schema, as long as a controller offers it. */
const parsers = new WeakMap<object, Parser>()

/**
 * Checks a configuration against its driver's schema, as the controller does before it starts the driver. Values are not repeated in errors:
 * secrets stand among them.
 * @param config with its secrets
 * @param demoMode an instance that only makes values up may do without what the driver has no default for, unless it says anything itself
 * @throws AppError `request.invalid`, which names the fields below `body.config_json`
 */
export function checkConfig(plugin: PluginDescription, config: InstanceConfig, demoMode: boolean): void {
  const parsed = parserOf(plugin)(config)
  if (parsed.ok || (demoMode && isDefault(config))) return
  throw unusable(describeErrors(parsed.errors, CONFIG_FIELD))
}

/** Nothing is said: all is as the driver has it. */
export const isDefault = (config: InstanceConfig): boolean => Object.keys(config).length === 0

function unusable(errors: readonly FieldError[]): AppError {
  const sentences = errors.slice(0, FIELDS_IN_DETAIL).map(({ field, rule }) => `${field} ${rule}`)
  return new AppError('request.invalid', { detail: `${sentences.join('; ')}.`, errors })
}

function parserOf({ config_schema: schema }: PluginDescription): Parser {
  const known = parsers.get(schema)
  if (known !== undefined) return known
  const parser = compiled(schema)
  parsers.set(schema, parser)
  return parser
}

function compiled(schema: PluginDescription['config_schema']): Parser {
  try {
    return createConfigParser(schema)
  } catch {
    // A controller offers no driver whose schema it cannot compile; should one do so, the driver itself has to judge.
    return (config) => ({ ok: true, config })
  }
}
