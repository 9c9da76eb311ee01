import { busEnvironment, loadConfig, portVariable, serviceEnvironment } from '@webmacs/service-kit'
import { type Static, Type } from 'typebox'

const Environment = Type.Object({
  ...serviceEnvironment(9102),
  ...busEnvironment,
  HOST: Type.String({ minLength: 1, default: '127.0.0.1', description: 'Address that the sockets listen on' }),
  PORT: portVariable(8002, 'Port of the sockets; 0: any free one'),
  SECRET_KEY: Type.String({
    minLength: 32,
    description: 'Key that signs access tokens, at least 32 characters',
    secret: true,
  }),
  STREAM_MAX_CLIENTS: Type.Integer({
    minimum: 1,
    maximum: 100_000,
    default: 2000,
    description: 'Most open sockets, streams and telemetry together',
  }),
  WS_HEARTBEAT_INTERVAL: Type.Integer({
    minimum: 1,
    maximum: 3600,
    default: 20,
    description: 'A client is pinged this often, seconds; from whom nothing has come until the next ping is cut',
  }),
  STREAM_CLIENT_BUFFER_KB: Type.Integer({
    minimum: 16,
    maximum: 65_536,
    default: 1024,
    description: 'Unsent bytes of one client, kB: past this its values are coalesced until it has read',
  }),
  STREAM_SLOW_CLIENT_SECONDS: Type.Integer({
    minimum: 1,
    maximum: 600,
    default: 30,
    description: 'A client that reads nothing this long is closed, seconds',
  }),
  TELEMETRY_HOLD_SECONDS: Type.Integer({
    minimum: 0,
    maximum: 3600,
    default: 60,
    description: 'A batch without id is tried again this long while it cannot be taken, seconds; 0: it is tried once',
  }),
})

export type FanoutConfig = Readonly<Static<typeof Environment>>

export const loadFanoutConfig = (env: NodeJS.ProcessEnv): FanoutConfig => loadConfig(Environment, env)
