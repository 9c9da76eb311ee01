import type { ChannelDefinition } from './channel.ts'
import type { DevicePlugin } from './device-plugin.ts'
import type { DeviceContext } from './device-types.ts'
import { DefinitionError } from './errors.ts'

/** Version of the contract between drivers and whoever runs them; a driver made for another one is refused. */
export const SDK_API = 1

/** Who a driver is. */
export interface PluginMeta {
  /** Lower case letters, digits, `-` and `_`; instances refer to it for ever. */
  readonly id: string
  readonly name: string
  /** Semantic version. */
  readonly version: string
  readonly vendor?: string
  readonly description?: string
  /** Protocol spoken with the device, for example `modbus-tcp`. */
  readonly protocol?: string
  /** Home page. */
  readonly url?: string
  readonly tags?: readonly string[]
}

/** What an author writes. `Config` is the type that `configSchema` describes: derived from it (TypeBox), or written beside it. */
export interface PluginAuthoring<Config> {
  readonly meta: PluginMeta
  /** JSON schema of an instance's configuration, with defaults. What has no default must be given before the instance can start. */
  readonly configSchema: object
  /** There is no device behind it: instances are in demo mode whatever they ask for. Default false. */
  readonly alwaysDemo?: boolean
  /** In demo mode the hooks are called too, because they simulate the device better than its channels' signals could. Default false. */
  readonly ownSimulation?: boolean
  /** The channels under a configuration. May look at the machine (files, attached modules), not at the device. */
  channels(
    config: Config,
    options: { readonly signal: AbortSignal },
  ): readonly ChannelDefinition[] | Promise<readonly ChannelDefinition[]>
  create(context: DeviceContext<Config>): DevicePlugin<Config>
}

/** A driver as the host knows it: the configuration's type is the driver's own business. */
export interface PluginDefinition {
  readonly sdkApi: number
  readonly meta: Required<PluginMeta>
  readonly configSchema: Readonly<Record<string, unknown>>
  readonly alwaysDemo: boolean
  readonly ownSimulation: boolean
  /** @param config checked against `configSchema` */
  channels(
    config: unknown,
    options: { readonly signal: AbortSignal },
  ): readonly ChannelDefinition[] | Promise<readonly ChannelDefinition[]>
  /** @param context with a configuration checked against `configSchema` */
  create(context: DeviceContext<unknown>): DevicePlugin<unknown>
}

const PLUGIN_ID = /^[a-z0-9][a-z0-9_-]{0,99}$/

/** The schema of a driver that has nothing to configure. */
export const NO_CONFIG = Object.freeze({ type: 'object', properties: Object.freeze({}) })

/** Declares a driver. A module that is named in `webmacs.plugins` exports the result as `plugin`. @throws DefinitionError */
export function definePlugin<Config = unknown>(authoring: PluginAuthoring<Config>): PluginDefinition {
  const { meta } = authoring
  if (!PLUGIN_ID.test(meta.id)) throw new DefinitionError(`plugin id "${meta.id}" must match ${PLUGIN_ID.source}`)
  if (meta.name.trim() === '') throw new DefinitionError(`plugin "${meta.id}" has no name`)
  if (meta.version.trim() === '') throw new DefinitionError(`plugin "${meta.id}" has no version`)
  const definition: PluginDefinition = {
    sdkApi: SDK_API,
    meta: Object.freeze({ vendor: '', description: '', protocol: '', url: '', tags: [], ...meta }),
    configSchema: authoring.configSchema as Readonly<Record<string, unknown>>, // any JSON schema is such an object
    alwaysDemo: authoring.alwaysDemo ?? false,
    ownSimulation: authoring.ownSimulation ?? false,
    channels: (config, options) => authoring.channels(config as Config, options), // checked by whoever calls
    create: (context) => authoring.create(context as DeviceContext<Config>), // checked by whoever calls
  }
  return Object.freeze(definition)
}

/** Whether a module's export is a driver made with this SDK, or with another copy of the same API version. */
export function isPluginDefinition(value: unknown): value is PluginDefinition {
  if (typeof value !== 'object' || value === null) return false
  const candidate = value as Partial<PluginDefinition>
  return (
    candidate.sdkApi === SDK_API &&
    typeof candidate.meta === 'object' &&
    typeof candidate.configSchema === 'object' &&
    typeof candidate.channels === 'function' &&
    typeof candidate.create === 'function'
  )
}
