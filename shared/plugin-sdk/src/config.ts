import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'

export type ParsedConfig =
  | { readonly ok: true; readonly config: unknown }
  | {
      readonly ok: false
      /** With those defaults that there are. */
      readonly filled: unknown
      /** A sentence for each. */
      readonly problems: readonly string[]
      /** The same as the validator has it, for those who name fields in their own way. */
      readonly errors: readonly ErrorObject[]
    }

/**
 * Compiles a driver's schema into a check of configurations that fills in defaults and leaves its input as it was.
 * Kept apart from the rest of the SDK, because it costs memory that the process of a driver does not need.
 * @throws Error when the schema itself is none
 */
export function createConfigParser(schema: Readonly<Record<string, unknown>>): (config: unknown) => ParsedConfig {
  // formats are for the form that is drawn from the schema; of each that it does not know the validator would print a line
  const ajv = new Ajv2020({ allErrors: true, strict: false, useDefaults: true, validateFormats: false })
  const validate = ajv.compile(schema)
  return (config) => {
    const filled = structuredClone(config)
    if (validate(filled)) return { ok: true, config: filled }
    const errors = validate.errors ?? []
    return { ok: false, filled, problems: errors.map(describe), errors }
  }
}

/** `config.host must be string` */
function describe(error: ErrorObject): string {
  const path = ['config', ...error.instancePath.split('/').slice(1)].join('.')
  return `${path} ${error.message ?? `breaks the rule ${error.keyword}`}`
}
