import { pathToFileURL } from 'node:url'
import { DefinitionError, isPluginDefinition, type PluginDefinition } from '@webmacs/plugin-sdk'

/** Loads a driver's module. @throws DefinitionError when it is not what its package says, or what the module throws */
export async function loadPlugin(id: string, module: string): Promise<PluginDefinition> {
  const exports: { readonly plugin?: unknown } = await import(pathToFileURL(module).href)
  if (!isPluginDefinition(exports.plugin))
    throw new DefinitionError(`${module} does not export \`plugin\` as made by definePlugin of this SDK`)
  if (exports.plugin.meta.id !== id)
    throw new DefinitionError(
      `the package calls the plugin "${id}", the plugin calls itself "${exports.plugin.meta.id}"`,
    )
  return exports.plugin
}
