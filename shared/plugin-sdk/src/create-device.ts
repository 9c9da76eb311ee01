import { resolveChannels } from './channel.ts'
import { type Clock, systemClock } from './clock.ts'
import type { PluginDefinition } from './definition.ts'
import type { DevicePlugin } from './device-plugin.ts'
import { DefinitionError } from './errors.ts'
import { type PluginLog, silentLog } from './log.ts'

export interface InstanceOptions {
  /** Seeds the demo signals. */
  readonly instanceName: string
  readonly demoMode: boolean
  /** Checked against the driver's schema, defaults filled in (see `@webmacs/plugin-sdk/config`). */
  readonly config: unknown
  readonly clock?: Clock
  readonly log?: PluginLog
  readonly signal: AbortSignal
}

/** Makes an instance of a driver, not yet connected. @throws DefinitionError for impossible channels, or what the driver throws */
export async function createDevice(
  definition: PluginDefinition,
  { instanceName, demoMode, config, clock = systemClock, log = silentLog, signal }: InstanceOptions,
): Promise<DevicePlugin<unknown>> {
  const channels = resolveChannels(await definition.channels(config, { signal }))
  if (channels.length === 0) throw new DefinitionError(`plugin "${definition.meta.id}" has no channels`)
  return definition.create({
    pluginId: definition.meta.id,
    instanceName,
    demoMode: demoMode || definition.alwaysDemo,
    ownSimulation: definition.ownSimulation,
    config,
    channels,
    clock,
    log,
  })
}
