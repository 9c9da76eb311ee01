import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DEFAULT_CONTROLLER, SUBJECT_TOKEN } from '@webmacs/contracts'
import { busEnvironment, loadConfig, serviceEnvironment } from '@webmacs/service-kit'
import { type Static, Type } from 'typebox'

const BUNDLED_PLUGINS = fileURLToPath(new URL('../plugins', import.meta.url))

const milliseconds = (range: readonly [minimum: number, maximum: number], value: number, description: string) =>
  Type.Integer({ minimum: range[0], maximum: range[1], default: value, description: `${description}, ms` })

export const ControllerEnvironment = Type.Object({
  ...busEnvironment,
  ...serviceEnvironment(9104),
  WEBMACS_CONTROLLER_ID: Type.String({
    pattern: SUBJECT_TOKEN,
    default: DEFAULT_CONTROLLER,
    description: 'Name of this controller in subjects and frames',
  }),
  WEBMACS_DATA_DIR: Type.String({
    minLength: 1,
    default: '.webmacs',
    description: 'Folder for what this system keeps',
  }),
  PLUGIN_FOLDERS: Type.Array(Type.String({ minLength: 1 }), {
    default: [BUNDLED_PLUGINS],
    description: 'Folders whose packages are searched for plugins, as a JSON array',
  }),
  OUTBOX_MAX_BYTES: Type.Optional(
    Type.Integer({
      minimum: 65_536,
      maximum: 2 ** 40,
      description:
        'Disk for frames that the historian has not dealt with; the oldest go first; else a fifth of what is free, at most 2 GiB, bytes',
    }),
  ),
  OUTBOX_MAX_AGE_HOURS: Type.Integer({
    minimum: 1,
    maximum: 8760,
    default: 336,
    description: 'Frames that the historian has not dealt with for so long go, h',
  }),
  OUTBOX_BACKLOG_RATE: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 10_000_000,
      description: 'How fast a backlog goes; else five times what comes in, at least 2000, readings/s',
    }),
  ),
  OUTBOX_LIVE_AGE_MS: milliseconds([100, 600_000], 10_000, 'Older frames go out as backlog, after newer ones'),
  OUTBOX_AUDIT_INTERVAL_MS: milliseconds(
    [100, 3_600_000],
    60_000,
    'How often the stream is asked whether it lost frames',
  ),
  PUBLISH_WINDOW: Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 32,
    description: 'Messages ahead of their acknowledgements',
  }),
  PUBLISH_TIMEOUT_MS: milliseconds([100, 60_000], 5000, 'How long an acknowledgement may take'),
  PLUGIN_START_TIMEOUT_MS: milliseconds(
    [1000, 300_000],
    20_000,
    "From the start of a plugin's process until its first word",
  ),
  PLUGIN_HEARTBEAT_TIMEOUT_MS: milliseconds([1500, 300_000], 5000, 'A plugin process silent for so long is restarted'),
  PLUGIN_STOP_TIMEOUT_MS: milliseconds(
    [100, 60_000],
    4000,
    'For safe values and disconnect; then the process is killed',
  ),
  PLUGIN_MEMORY_MB: Type.Integer({
    minimum: 64,
    maximum: 65_536,
    default: 256,
    description: 'A plugin process beyond is restarted, MiB',
  }),
  PLUGIN_RESTART_FIRST_MS: milliseconds([10, 60_000], 1000, 'Wait before the first restart of a plugin; doubles'),
  PLUGIN_RESTART_MAX_MS: milliseconds([10, 3_600_000], 60_000, 'Longest wait before a restart of a plugin'),
  DEVICE_CONNECT_TIMEOUT_MS: milliseconds([100, 300_000], 10_000, 'How long connecting a device may take'),
  DEVICE_READ_TIMEOUT_MS: milliseconds([50, 60_000], 5000, 'How long reading a device may take'),
  FLUSH_TIMEOUT_MS: milliseconds([0, 60_000], 2000, 'At the end: how long frames may take to leave'),
})

export type ControllerConfig = Static<typeof ControllerEnvironment> & {
  /** All of our environment that plugin processes see. */
  readonly pluginEnvironment: Readonly<Record<string, string>>
}

/** What programs need to find themselves and the network; no credentials of ours. */
const PASSED_ON = [
  'PATH',
  'HOME',
  'USER',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'TEMP',
  'SystemRoot',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'NODE_COMPILE_CACHE',
]

export function loadControllerConfig(env: NodeJS.ProcessEnv): ControllerConfig {
  const config = loadConfig(ControllerEnvironment, env)
  const passedOn = Object.fromEntries(PASSED_ON.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])))
  // Without compiled code at hand each process would load a TypeScript compiler, 12 MB.
  const cache = resolve(config.WEBMACS_DATA_DIR, 'cache', 'compiled')
  return Object.freeze({ ...config, pluginEnvironment: Object.freeze({ NODE_COMPILE_CACHE: cache, ...passedOn }) })
}
