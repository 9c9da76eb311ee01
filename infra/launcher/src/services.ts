import { join } from 'node:path'
import { freePort } from '@webmacs/embedded'
import { type LauncherConfig, ROOT, serviceMain } from './config.ts'
import type { Secrets } from './secrets.ts'
import type { DatabaseServer, NatsServer } from './servers.ts'
import type { ProcessDefinition } from './supervised-process.ts'

export const SERVICE_NAMES = ['ingest', 'controller', 'api', 'fanout', 'export', 'gateway'] as const
export type ServiceName = (typeof SERVICE_NAMES)[number]

export interface ServiceDefinition extends ProcessDefinition {
  readonly name: ServiceName
  /** Folders whose files the service is made of: a change there starts it again in development. */
  readonly folder: string
  readonly httpPort: number | null
  readonly opsPort: number
}

export interface ServiceSettings {
  readonly config: LauncherConfig
  readonly secrets: Secrets
  readonly database: DatabaseServer
  readonly nats: NatsServer
  /** Vite's address in development; undefined: the built dashboard. */
  readonly uiUrl: string | undefined
}

/** Compiled code of earlier starts: it is what most of a start's time goes into. */
const COMPILE_CACHE = join(ROOT, 'node_modules', '.cache', 'webmacs-compiled')

/** Young generation of 2 MB instead of 16: these processes live on few objects, and the rest of it would only be held. */
const SMALL_HEAP = ['--max-semi-space-size=2']

/** Every service with its ports (free ones, kept for restarts) and its own slice of the secrets, in the order of their start. */
export async function defineServices(settings: ServiceSettings): Promise<ServiceDefinition[]> {
  const [ingestOps, controllerOps, apiPort, apiOps, fanoutPort, fanoutOps, exportPort, exportOps, gatewayOps] =
    await freePorts(9)
  const { config, secrets, database, nats, uiUrl } = settings
  const secretKey = config.secretKey ?? secrets.secretKey
  return [
    define('ingest', null, ingestOps, {
      DATABASE_URL: database.url,
      NATS_URL: nats.urlFor('ingest'),
      ...(database.isEmbedded && { DATABASE_PATH: join(config.dataDir, 'postgres') }),
    }),
    define('controller', null, controllerOps, { NATS_URL: nats.urlFor('controller') }),
    define('api', apiPort, apiOps, {
      PORT: String(apiPort),
      DATABASE_URL: database.url,
      NATS_URL: nats.urlFor('api'),
      SECRET_KEY: secretKey,
      TRUSTED_PROXIES: withGateway(process.env.TRUSTED_PROXIES),
      INITIAL_ADMIN_EMAIL: config.adminEmail,
      INITIAL_ADMIN_PASSWORD: config.adminPassword ?? secrets.adminPassword,
    }),
    define('fanout', fanoutPort, fanoutOps, {
      PORT: String(fanoutPort),
      NATS_URL: nats.urlFor('fanout'),
      SECRET_KEY: secretKey,
    }),
    define('export', exportPort, exportOps, {
      PORT: String(exportPort),
      DATABASE_URL: database.url,
      NATS_URL: nats.urlFor('export'),
      SECRET_KEY: secretKey,
      EXPORT_DIR: process.env.EXPORT_DIR || join(config.dataDir, 'exports'),
      TRUSTED_PROXIES: withGateway(process.env.TRUSTED_PROXIES),
    }),
    define(
      'gateway',
      config.port,
      gatewayOps,
      {
        HOST: config.host,
        PORT: String(config.port),
        API_URL: `http://127.0.0.1:${apiPort}`,
        FANOUT_URL: `http://127.0.0.1:${fanoutPort}`,
        EXPORT_URL: `http://127.0.0.1:${exportPort}`,
        UI_DIR: join(ROOT, 'frontend', 'dist'),
        UI_URL: uiUrl ?? '',
      },
      'infra',
    ),
  ]
}

function define(
  name: ServiceName,
  httpPort: number | null,
  opsPort: number,
  env: NodeJS.ProcessEnv,
  parent: 'services' | 'infra' = 'services',
): ServiceDefinition {
  const folder = `${parent}/${name}`
  return {
    name,
    folder,
    httpPort,
    opsPort,
    args: [...SMALL_HEAP, serviceMain(folder)],
    env: {
      ...withoutSecrets(process.env),
      HOST: '127.0.0.1',
      OPS_PORT: String(opsPort),
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      ...env,
    },
    announcesReady: true,
  }
}

/** Proxies that are configured stand before the gateway, which is on this machine: what it says of the client is believed too. */
function withGateway(proxies: string | undefined): string | undefined {
  if (!proxies) return undefined
  try {
    return JSON.stringify(['127.0.0.1', '::1', ...JSON.parse(proxies)])
  } catch {
    return proxies // the service names the variable and what is wrong with it
  }
}

/** What a service does not need it does not get: each is given its own credentials. */
function withoutSecrets(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { SECRET_KEY, DATABASE_URL, NATS_URL, INITIAL_ADMIN_PASSWORD, PORT, ...rest } = env
  return rest
}

async function freePorts<Count extends 9>(
  count: Count,
): Promise<[number, number, number, number, number, number, number, number, number]> {
  const ports = new Set<number>()
  while (ports.size < count) ports.add(await freePort())
  return [...ports] as [number, number, number, number, number, number, number, number, number] // as many as were asked for
}
