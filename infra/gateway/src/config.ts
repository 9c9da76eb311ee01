import {
  addressesVariable,
  addressProblems,
  ConfigError,
  loadConfig,
  portVariable,
  serviceEnvironment,
} from '@webmacs/service-kit'
import { type Static, Type } from 'typebox'

const Environment = Type.Object({
  ...serviceEnvironment(9105),
  HOST: Type.String({ minLength: 1, default: '127.0.0.1', description: 'Address that users reach' }),
  PORT: portVariable(8000, 'Port that users reach; 0: any free one'),
  API_URL: Type.String({ pattern: '^http://', default: 'http://127.0.0.1:8001', description: 'Where the api listens' }),
  FANOUT_URL: Type.String({
    pattern: '^http://',
    default: 'http://127.0.0.1:8002',
    description: 'Where fanout listens',
  }),
  EXPORT_URL: Type.String({
    pattern: '^http://',
    default: 'http://127.0.0.1:8003',
    description: 'Where the export service listens',
  }),
  UI_DIR: Type.String({ default: '', description: 'Folder of the built dashboard' }),
  UI_URL: Type.String({
    pattern: '^(http://.*)?$',
    default: '',
    description: "Vite's server instead of UI_DIR, in development",
  }),
  TRUSTED_PROXIES: addressesVariable(
    [],
    'Addresses and networks of proxies in front of this one, whose X-Forwarded-For is believed; JSON list',
  ),
})

export type GatewayConfig = Readonly<Static<typeof Environment>>

/** @throws ConfigError that lists every bad variable */
export function loadGatewayConfig(env: NodeJS.ProcessEnv): GatewayConfig {
  const config = loadConfig(Environment, env)
  const problems = addressProblems({ TRUSTED_PROXIES: config.TRUSTED_PROXIES })
  if (problems.length > 0) throw new ConfigError(problems)
  return config
}
