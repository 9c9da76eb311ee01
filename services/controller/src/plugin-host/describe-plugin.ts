import type { PluginDescription } from '@webmacs/contracts'
import { resolveChannels } from '@webmacs/plugin-sdk'
import { createConfigParser } from '@webmacs/plugin-sdk/config'
import { describeChannel } from './device-session.ts'
import { loadPlugin } from './load-plugin.ts'
import type { DescribeRequest } from './messages.ts'

const CHANNELS_DEADLINE_MS = 10_000

/**
 * Who a driver is, and its channels under the default configuration (none where it cannot do with defaults). A module of its own, loaded
 * when asked for: it brings Ajv, which a host that runs an instance does without.
 */
export async function describePlugin({
  plugin,
  module,
  config,
}: DescribeRequest): Promise<Omit<PluginDescription, 'package'>> {
  const definition = await loadPlugin(plugin, module)
  const { id, name, version, vendor, description, url, protocol, tags } = definition.meta
  const defaults = createConfigParser(definition.configSchema)(config ?? {})
  const channels = defaults.ok
    ? await definition.channels(defaults.config, { signal: AbortSignal.timeout(CHANNELS_DEADLINE_MS) })
    : []
  return {
    id,
    name,
    version,
    vendor,
    description,
    url,
    protocol,
    tags: [...tags],
    config_schema: { ...definition.configSchema },
    channels: resolveChannels(channels).map(describeChannel),
  }
}
