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
  ...serviceEnvironment(9106),
  ...busEnvironment,
  ...databaseEnvironment,
  HOST: Type.String({ minLength: 1, default: '127.0.0.1', description: 'Address that exports listen on' }),
  PORT: portVariable(8003, 'Port of exports; 0: any free one'),
  SECRET_KEY: Type.String({
    minLength: 32,
    description: 'Key that signs access tokens, at least 32 characters',
    secret: true,
  }),
  CORS_ORIGINS: Type.Array(Type.String({ pattern: '^https?://[^/]+$' }), {
    default: ['http://localhost:3000', 'http://localhost:5173'],
    description: 'Origins whose pages may ask for exports, as a JSON list',
  }),
  RATE_LIMIT_PER_MINUTE: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    default: 300,
    description: 'Requests a minute from one address',
  }),
  RATE_LIMIT_EXEMPT: addressesVariable(
    PRIVATE_NETWORKS,
    'Addresses and networks whose requests are not limited, as a JSON list',
  ),
  TRUSTED_PROXIES: addressesVariable(
    ['127.0.0.1', '::1'],
    'Addresses and networks of proxies whose X-Forwarded-For is believed, as a JSON list',
  ),
  DATABASE_CONNECTIONS: Type.Integer({
    minimum: 1,
    maximum: 50,
    default: 4,
    description: 'Most connections to the database beside those that exports hold',
  }),
  EXPORT_MAX_OPEN: Type.Integer({
    minimum: 1,
    maximum: 100,
    default: 4,
    description: 'Most exports that are read from the database at once, each over its own connection',
  }),
  EXPORT_IDLE_SECONDS: Type.Integer({
    minimum: 1,
    maximum: 3600,
    default: 60,
    description: 'A client that reads nothing this long is cut, seconds',
  }),
  EXPORT_DIR: Type.String({
    minLength: 1,
    description: 'Folder for files of exports; processes that make them together share it',
  }),
  EXPORT_DIR_MAX_MB: Type.Integer({
    minimum: 1,
    maximum: 100_000_000,
    default: 20_000,
    description: 'Most that all files of exports take together, MB',
  }),
  EXPORT_DISK_RESERVE_MB: Type.Integer({
    minimum: 0,
    maximum: 100_000_000,
    default: 1000,
    description: 'No file is made while less is free on its disk, MB',
  }),
  EXPORT_KEEP_HOURS: Type.Integer({
    minimum: 1,
    maximum: 8760,
    default: 72,
    description: 'A finished file is kept so long, hours',
  }),
  EXPORT_LINK_MINUTES: Type.Integer({
    minimum: 1,
    maximum: 1440,
    default: 10,
    description: 'The download of a stream begins within this time or not at all, minutes',
  }),
  EXPORT_MAX_PER_USER: Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 10,
    description: 'Most exports of one user that wait or are under way',
  }),
})

export { Environment }
export type ExportConfig = Readonly<Static<typeof Environment>>

/** @throws ConfigError that lists every bad variable */
export function loadExportConfig(env: NodeJS.ProcessEnv): ExportConfig {
  const config = loadConfig(Environment, env)
  const { TRUSTED_PROXIES, RATE_LIMIT_EXEMPT } = config
  const problems = addressProblems({ TRUSTED_PROXIES, RATE_LIMIT_EXEMPT })
  if (problems.length > 0) throw new ConfigError(problems)
  return config
}
