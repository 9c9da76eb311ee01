import { errorText } from '../error-text.ts'
import { pluginsOf } from '../inventory/discover-plugins.ts'
import { type CataloguedPlugin, type CatalogueOptions, cataloguePlugin } from '../inventory/plugin-catalogue.ts'
import { PackageRefusal } from './package-refusal.ts'

/**
 * All drivers of an unpacked package, each asked in a process of its own.
 * @throws PackageRefusal that says which of them does not start, and why; a package counts as a whole
 */
export async function describePackage(folder: string, options: CatalogueOptions): Promise<CataloguedPlugin[]> {
  const found = await pluginsOf(folder, options.log)
  if (found.length === 0) throw new PackageRefusal('There is no plugin in it.')
  const described: CataloguedPlugin[] = []
  for (const plugin of found) {
    try {
      described.push(await cataloguePlugin(plugin, options))
    } catch (err) {
      options.signal.throwIfAborted()
      throw new PackageRefusal(`Its plugin "${plugin.id}" does not start: ${errorText(err)}.`, { cause: err })
    }
  }
  return described
}
