import {
  addressesVariable,
  addressProblems,
  busEnvironment,
  ConfigError,
  databaseEnvironment,
  loadConfig,
  PRIVATE_NETWORKS,
  portVariable,
  serviceEnvironment,
} from '@webmacs/service-kit'
import { type Static, Type } from 'typebox'

const Environment = Type.Object({
  ...serviceEnvironment(9101),
  ...busEnvironment,
  ...databaseEnvironment,
  ENV: Type.Unsafe<'development' | 'production'>(
    Type.Enum(['development', 'production'], {
      default: 'development',
      description: 'production refuses default and weak secrets and seeds no demo instances',
    }),
  ),
  HOST: Type.String({ minLength: 1, default: '127.0.0.1', description: 'Address that the API listens on' }),
  PORT: portVariable(8001, 'Port of the API; 0: any free one'),
  SECRET_KEY: Type.String({ minLength: 32, description: 'Signs access tokens; at least 32 characters', secret: true }),
  ACCESS_TOKEN_EXPIRE_MINUTES: Type.Integer({
    minimum: 1,
    maximum: 525_600,
    default: 1440,
    description: 'Lifetime of an access token, minutes',
  }),
  CORS_ORIGINS: Type.Array(Type.String({ pattern: '^https?://[^/]+$' }), {
    default: ['http://localhost:3000', 'http://localhost:5173'],
    description: 'Origins whose pages may call the API, as a JSON list',
  }),
  RATE_LIMIT_PER_MINUTE: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    default: 300,
    description: 'Requests a minute from one address',
  }),
  RATE_LIMIT_EXEMPT: addressesVariable(
    PRIVATE_NETWORKS,
    'Addresses and networks whose requests are not limited, as a JSON list; failed logins are, from everywhere',
  ),
  TRUSTED_PROXIES: addressesVariable(
    ['127.0.0.1', '::1'],
    'Addresses and networks of proxies whose X-Forwarded-For is believed, as a JSON list',
  ),
  API_DOCS: Type.Optional(
    Type.Unsafe<'public' | 'admin'>(
      Type.Enum(['public', 'admin'], {
        description: 'Who may read /docs and /openapi.json; default: admin in production, else public',
      }),
    ),
  ),
  INITIAL_ADMIN_EMAIL: Type.String({
    pattern: '^[^@\\s]+@[^@\\s]+$',
    default: 'admin@webmacs.io',
    description: 'First user, made when there is none',
  }),
  INITIAL_ADMIN_USERNAME: Type.String({ minLength: 2, maxLength: 50, default: 'admin' }),
  INITIAL_ADMIN_PASSWORD: Type.String({
    minLength: 8,
    maxLength: 1024,
    default: 'admin123',
    description: 'Password of the first user; production asks for 12 characters and refuses well-known ones',
    secret: true,
  }),
  WEBMACS_AUTO_SEED: Type.Optional(
    Type.Boolean({ description: 'Make the demo instances at the first start; default: in development only' }),
  ),
  RETENTION_DAYS: Type.Integer({
    minimum: 1,
    maximum: 36_500,
    default: 3650,
    description:
      'Readings older than this are refused, days, also where datapoints are kept for longer; the same as for ingest',
  }),
  WEBMACS_RULE_EVENT_ID: Type.Optional(
    Type.String({
      maxLength: 64,
      description: 'Event of the valve of the valve cycle, which is on then, for as long as nobody has set it up',
    }),
  ),
  DATABASE_CONNECTIONS: Type.Integer({
    minimum: 2,
    maximum: 200,
    default: 10,
    description: 'Most connections to the database',
  }),
})

export { Environment }
export type Config = Static<typeof Environment>

/** @throws ConfigError that lists every bad variable */
export function loadApiConfig(env: NodeJS.ProcessEnv): Config {
  const config = loadConfig(Environment, env)
  const { TRUSTED_PROXIES, RATE_LIMIT_EXEMPT } = config
  const problems = addressProblems({ TRUSTED_PROXIES, RATE_LIMIT_EXEMPT })
  if (config.ENV === 'production') problems.push(...weakSecrets(config))
  if (problems.length > 0) throw new ConfigError(problems)
  return config
}

/** Whether the demo instances are to be made. */
export const seedsDemo = (config: Config): boolean => config.WEBMACS_AUTO_SEED ?? config.ENV === 'development'

/** Who may read the description of the API. */
export const docsReaders = (config: Config): 'public' | 'admin' =>
  config.API_DOCS ?? (config.ENV === 'production' ? 'admin' : 'public')

const KNOWN_PASSWORDS = /^(admin|password|passwort|webmacs|changeme|change-me|welcome|secret|qwerty|letmein|12345)/i
const KNOWN_SECRETS = /change-?me|^(secret|webmacs|development|test)/i
const MIN_PASSWORD_CHARACTERS = 12
const MIN_DISTINCT_CHARACTERS = 6

function weakSecrets({ SECRET_KEY, INITIAL_ADMIN_PASSWORD: password }: Config): { field: string; rule: string }[] {
  const problems = []
  if (KNOWN_SECRETS.test(SECRET_KEY) || distinct(SECRET_KEY) < MIN_DISTINCT_CHARACTERS) {
    problems.push({ field: 'SECRET_KEY', rule: 'must be random in production, not a placeholder' })
  }
  if (
    password.length < MIN_PASSWORD_CHARACTERS ||
    KNOWN_PASSWORDS.test(password) ||
    distinct(password) < MIN_DISTINCT_CHARACTERS
  ) {
    const rule = `must be set to one of your own in production: at least ${MIN_PASSWORD_CHARACTERS} characters, no well-known start`
    problems.push({ field: 'INITIAL_ADMIN_PASSWORD', rule })
  }
  return problems
}

const distinct = (text: string): number => new Set(text).size
