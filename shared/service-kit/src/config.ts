import type { FieldError } from '@webmacs/contracts'
import { createValidator } from '@webmacs/contracts/validation'
import { type Static, type TObject, type TSchema, Type } from 'typebox'

/** The environment breaks the configuration's schema; `problems` names every variable and the rule. */
export class ConfigError extends Error {
  readonly problems: readonly FieldError[]
  constructor(problems: readonly FieldError[]) {
    const lines = problems.map(({ field, rule }) => `  ${field} ${rule}`)
    super(`The configuration is not usable:\n${lines.join('\n')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/** Variables that every service with a bus connection knows. */
export const busEnvironment = {
  NATS_URL: Type.String({ minLength: 1, description: 'Broker, nats://user:password@host:port', secret: true }),
  WEBMACS_BUS_PREFIX: Type.String({
    pattern: '^[a-zA-Z0-9_-]{1,32}$',
    default: 'webmacs',
    description: 'First token of all subjects',
  }),
}

/** Variables that every service knows. `opsPort` is its default port for metrics and health. */
export const serviceEnvironment = (opsPort: number) => ({
  LOG_LEVEL: Type.Unsafe<'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace'>(
    Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace'], {
      default: 'info',
      description: 'Least severe log line',
    }),
  ),
  OPS_HOST: Type.String({
    minLength: 1,
    default: '127.0.0.1',
    description: 'Address that metrics and health listen on',
  }),
  OPS_PORT: portVariable(opsPort, 'Port of metrics and health; 0: any free one'),
})

export const portVariable = (port: number, description: string) =>
  Type.Integer({ minimum: 0, maximum: 65_535, default: port, description })

export const databaseEnvironment = {
  DATABASE_URL: Type.String({
    pattern: '^postgres(ql)?://',
    description: 'PostgreSQL, postgresql://user:password@host:port/database',
    secret: true,
  }),
}

/**
 * Reads the variables that the schema names: an absent or empty one takes its default, the others are turned into the schema's type
 * (booleans as true/false/1/0/yes/no/on/off, arrays and objects as JSON) and checked.
 * @returns a frozen object with the variables' names as keys
 * @throws ConfigError that lists every bad variable
 */
export function loadConfig<Schema extends TObject>(schema: Schema, env: NodeJS.ProcessEnv): Static<Schema> {
  const values: Record<string, unknown> = {}
  for (const [name, property] of Object.entries(schema.properties)) {
    const raw = env[name]
    const value = raw === undefined || raw === '' ? annotation(property, 'default') : coerce(raw, property)
    if (value !== undefined) values[name] = value
  }
  const result = createValidator(schema, '')(values)
  if (result.ok) return Object.freeze(result.value) as Static<Schema>
  throw new ConfigError(result.errors.map(({ field, rule }) => ({ field: field.replace(/^\./, ''), rule })))
}

/** The configuration for the log: what the schema marks `secret` is left out. */
export function redactConfig<Schema extends TObject>(schema: Schema, config: Static<Schema>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config as Record<string, unknown>).map(([name, value]) => [
      name,
      annotation(schema.properties[name], 'secret') === true ? '[redacted]' : value,
    ]),
  )
}

const BOOLEANS: Record<string, boolean> = {
  true: true,
  '1': true,
  yes: true,
  on: true,
  false: false,
  '0': false,
  no: false,
  off: false,
}

/** What cannot be turned stays text, so that the validator names the variable and the type it should have. */
function coerce(raw: string, property: TSchema): unknown {
  switch (annotation(property, 'type')) {
    case 'integer':
    case 'number':
      return raw.trim() !== '' && Number.isFinite(Number(raw)) ? Number(raw) : raw
    case 'boolean':
      return BOOLEANS[raw.trim().toLowerCase()] ?? raw
    case 'array':
    case 'object':
      return parsed(raw)
    default:
      return raw
  }
}

function parsed(raw: string): unknown {
  try {
    return JSON.parse(raw)
  } catch {
    return raw // the validator names the variable
  }
}

const annotation = (schema: TSchema | undefined, name: string): unknown =>
  (schema as Record<string, unknown> | undefined)?.[name]
