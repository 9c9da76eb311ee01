import { isDeepStrictEqual } from 'node:util'
import type { PluginDescription } from '@webmacs/contracts'
import { createConfigParser, type ParsedConfig } from '@webmacs/plugin-sdk/config'
import type { Logger } from '@webmacs/service-kit'
import { HostProcess, type HostSettings } from '../supervision/host-process.ts'
import type { FoundPlugin } from './discover-plugins.ts'

/** A driver that can be run. */
export interface CataloguedPlugin {
  readonly description: PluginDescription
  readonly module: string
  /** Checks an instance's configuration and fills in defaults. */
  readonly parseConfig: (config: unknown) => ParsedConfig
}

export type PluginCatalogue = ReadonlyMap<string, CataloguedPlugin>

/**
 * Whether a driver can do with a configuration, as api judges before it takes one: an instance that only makes values up may do without
 * what the driver has no default for, unless it says anything itself.
 */
export function judgeConfig({ parseConfig }: CataloguedPlugin, config: unknown, demoMode: boolean): ParsedConfig {
  const parsed = parseConfig(config)
  if (parsed.ok || !demoMode || !isDeepStrictEqual(config, {})) return parsed
  return { ok: true, config: parsed.filled }
}

export interface CatalogueOptions {
  readonly hosts: HostSettings
  readonly log: Logger
  readonly signal: AbortSignal
}

/** As many processes at once as a small machine can take. */
const CONCURRENCY = 2

/**
 * Asks each driver who it is, in a process of its own that ends after the answer: foreign code never runs in the controller, and a driver
 * that throws, hangs or exits is left out with a line in the log.
 */
export async function cataloguePlugins(
  found: readonly FoundPlugin[],
  options: CatalogueOptions,
): Promise<PluginCatalogue> {
  const catalogue = new Map<string, CataloguedPlugin>()
  const queue = found.values()
  const work = async (): Promise<void> => {
    for (const plugin of queue) {
      options.signal.throwIfAborted()
      const entry = await tryPlugin(plugin, options)
      if (entry !== undefined) catalogue.set(plugin.id, entry)
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work))
  return new Map(found.flatMap(({ id }) => entryOf(catalogue, id)))
}

/** In order of discovery, not of who answered first. */
function entryOf(catalogue: PluginCatalogue, id: string): [string, CataloguedPlugin][] {
  const entry = catalogue.get(id)
  return entry === undefined ? [] : [[id, entry]]
}

async function tryPlugin(plugin: FoundPlugin, options: CatalogueOptions): Promise<CataloguedPlugin | undefined> {
  const log = options.log.child({ plugin: plugin.id, package: plugin.packageName })
  try {
    return await cataloguePlugin(plugin, { ...options, log })
  } catch (err) {
    options.signal.throwIfAborted()
    log.error({ event: 'plugin.unusable', err }, 'plugin cannot be used')
    return undefined
  }
}

/** One driver. @throws Error when it does not say who it is, or its schema cannot be used */
export async function cataloguePlugin(plugin: FoundPlugin, options: CatalogueOptions): Promise<CataloguedPlugin> {
  const description = await describe(plugin, options)
  const parseConfig = createConfigParser(description.config_schema)
  options.log.info({ event: 'plugin.found', plugin: plugin.id, version: description.version }, 'plugin found')
  return { description, module: plugin.module, parseConfig }
}

/** @throws Error when the process ends without an answer */
async function describe(
  { id, module, packageName, packageVersion }: FoundPlugin,
  { hosts, log, signal }: CatalogueOptions,
): Promise<PluginDescription> {
  const described = Promise.withResolvers<PluginDescription>()
  const host = new HostProcess({
    settings: hosts,
    log,
    onMessage: (message) => {
      if (message.type === 'described')
        described.resolve({ ...message.description, package: { name: packageName, version: packageVersion } })
    },
  })
  const onAbort = (): void => host.kill('controller is stopping')
  signal.addEventListener('abort', onAbort, { once: true })
  host.send({ type: 'describe', plugin: id, module, config: undefined })
  const ended = host.ended.then((reason) => described.reject(new Error(`its process ${reason}`)))
  try {
    return await described.promise
  } finally {
    await ended
    signal.removeEventListener('abort', onAbort)
  }
}
