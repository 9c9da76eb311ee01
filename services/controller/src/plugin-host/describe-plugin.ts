import type { PluginDescription } from '@webmacs/contracts'
import { ConfigError, resolveChannels } from '@webmacs/plugin-sdk'
import { createConfigParser } from '@webmacs/plugin-sdk/config'
import { describeChannel } from './device-session.ts'
import { loadPlugin } from './load-plugin.ts'
import type { DescribeRequest } from './messages.ts'

const CHANNELS_DEADLINE_MS = 10_000

/**
 * Who a driver is, and its channels under a configuration; without one under the defaults (none where it cannot do with them). A module of
 * its own, loaded when asked for: it brings Ajv, which a host that runs an instance does without.
 * @throws ConfigError for a configuration that breaks the driver's schema, or what the driver throws
 */
export async function describePlugin({
  plugin,
  module,
  config,
}: DescribeRequest): Promise<Omit<PluginDescription, 'package'>> {
  const definition = await loadPlugin(plugin, module)
  const { id, name, version, vendor, description, url, protocol, tags } = definition.meta
  const parsed = createConfigParser(definition.configSchema)(config ?? {})
  if (!parsed.ok && config !== undefined)
    throw new ConfigError(`The configuration is not usable: ${parsed.problems.join('; ')}`)
  const channels = parsed.ok
    ? await definition.channels(parsed.config, { signal: AbortSignal.timeout(CHANNELS_DEADLINE_MS) })
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
