import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LaunchError } from './launch-error.ts'

/** Folder of the whole project. */
export const ROOT = resolve(fileURLToPath(new URL('../../../', import.meta.url)))

export interface LauncherConfig {
  readonly environment: 'development' | 'production'
  readonly dataDir: string
  readonly port: number
  /** Address that users reach. */
  readonly host: string
  /** Existing servers instead of the embedded ones. */
  readonly databaseUrl: string | undefined
  readonly natsUrl: string | undefined
  readonly secretKey: string | undefined
  readonly adminEmail: string
  readonly adminPassword: string | undefined
  /** Folder where the person called npm. */
  readonly calledFrom: string
  /** `json`: every service's lines as they are, on standard output. */
  readonly logFormat: 'pretty' | 'json'
}

const DEVELOPMENT_EMAIL = 'admin@webmacs.io'
const DEVELOPMENT_PASSWORD = 'admin123'
const SHORTEST_SECRET = 32
const SHORTEST_PASSWORD = 12
/** Secrets from examples and old installations: as good as published. */
const KNOWN_SECRETS = ['change-me-in-production', 'changeme', 'secret', DEVELOPMENT_PASSWORD]

/** @throws LaunchError that lists every variable that is wrong */
export function loadLauncherConfig(env: NodeJS.ProcessEnv): LauncherConfig {
  const problems: string[] = []
  const environment = env.ENV || 'development'
  if (environment !== 'development' && environment !== 'production')
    problems.push('ENV must be development or production')
  const port = Number(env.WEBMACS_PORT || 8000)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) problems.push('WEBMACS_PORT must be a port, 1 to 65535')
  const logFormat = env.LOG_FORMAT || 'pretty'
  if (logFormat !== 'pretty' && logFormat !== 'json') problems.push('LOG_FORMAT must be pretty or json')
  if (environment === 'production') problems.push(...weakSecrets(env))
  if (problems.length > 0) throw new LaunchError(`The configuration is not usable:\n  ${problems.join('\n  ')}`)
  return Object.freeze({
    environment: environment as LauncherConfig['environment'], // checked above
    dataDir: resolve(ROOT, env.WEBMACS_DATA_DIR || '.webmacs'),
    port,
    host: env.HOST || (environment === 'production' ? '0.0.0.0' : '127.0.0.1'),
    databaseUrl: env.DATABASE_URL || undefined,
    natsUrl: env.NATS_URL || undefined,
    secretKey: env.SECRET_KEY || undefined,
    adminEmail: env.INITIAL_ADMIN_EMAIL || DEVELOPMENT_EMAIL,
    adminPassword: env.INITIAL_ADMIN_PASSWORD || (environment === 'development' ? DEVELOPMENT_PASSWORD : undefined),
    calledFrom: resolve(env.INIT_CWD || process.cwd()),
    logFormat: logFormat as LauncherConfig['logFormat'], // checked above
  })
}

/** Production takes no secret that others may know; one that is not given is generated. */
function weakSecrets(env: NodeJS.ProcessEnv): string[] {
  const problems: string[] = []
  const key = env.SECRET_KEY?.trim()
  if (key && (key.length < SHORTEST_SECRET || KNOWN_SECRETS.includes(key))) {
    problems.push(
      `SECRET_KEY must have at least ${SHORTEST_SECRET} characters and be no well-known one, or be left out to be generated`,
    )
  }
  const password = env.INITIAL_ADMIN_PASSWORD
  if (password && (password.length < SHORTEST_PASSWORD || KNOWN_SECRETS.includes(password))) {
    problems.push(`INITIAL_ADMIN_PASSWORD must have at least ${SHORTEST_PASSWORD} characters and be no well-known one`)
  }
  return problems
}

export const serviceMain = (folder: string): string => join(ROOT, folder, 'src', 'main.ts')
