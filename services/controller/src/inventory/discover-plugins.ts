import { readdir, readFile } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { createValidator } from '@webmacs/contracts/validation'
import type { Logger } from '@webmacs/service-kit'
import { type Static, Type } from 'typebox'

/** A driver that a package announces; none of its code has run yet. */
export interface FoundPlugin {
  readonly id: string
  readonly packageName: string
  readonly packageVersion: string
  /** Path of the module that exports the driver. */
  readonly module: string
}

/** What the package.json of a driver package has to say. */
const PluginPackage = Type.Object({
  name: Type.String({ minLength: 1 }),
  version: Type.String({ minLength: 1 }),
  webmacs: Type.Object({
    plugins: Type.Record(Type.String({ pattern: '^[a-z0-9][a-z0-9_-]{0,99}$' }), Type.String({ minLength: 1 }), {
      description: 'Plugin id → module, relative to the package',
      additionalProperties: false,
    }),
  }),
})

const validate = createValidator(PluginPackage, 'package')

/** The drivers of all packages in these folders, in order of discovery. Of two with one id the later wins; a bad package is logged and left out. */
export async function discoverPlugins(folders: readonly string[], log: Logger): Promise<FoundPlugin[]> {
  const found = new Map<string, FoundPlugin>()
  for (const folder of folders) {
    for (const name of await packagesIn(folder)) {
      for (const plugin of await pluginsOf(join(folder, name), log)) {
        const earlier = found.get(plugin.id)
        if (earlier !== undefined)
          log.warn(
            { event: 'plugin.id-taken', plugin: plugin.id, packages: [earlier.packageName, plugin.packageName] },
            'two packages bring a plugin of one id, the later one counts',
          )
        found.set(plugin.id, plugin)
      }
    }
  }
  return [...found.values()]
}

async function packagesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map(({ name }) => name)
    .sort()
}

/** The drivers of the package in this folder; none when it is no package, or a bad one. */
export async function pluginsOf(folder: string, log: Logger): Promise<FoundPlugin[]> {
  const manifest = await readManifest(folder, log)
  if (manifest === undefined) return []
  const plugins: FoundPlugin[] = []
  for (const [id, path] of Object.entries(manifest.webmacs.plugins)) {
    const module = resolve(folder, path)
    if (isInside(folder, module))
      plugins.push({ id, packageName: manifest.name, packageVersion: manifest.version, module })
    else log.error({ event: 'plugin.module-outside', plugin: id, path }, 'module of a plugin is outside its package')
  }
  return plugins
}

async function readManifest(folder: string, log: Logger): Promise<Static<typeof PluginPackage> | undefined> {
  const path = join(folder, 'package.json')
  try {
    const result = validate(JSON.parse(await readFile(path, 'utf8')))
    if (result.ok) return result.value
    log.error({ event: 'plugin.package-invalid', path, errors: result.errors }, 'package announces no usable plugin')
  } catch (err) {
    // A folder without package.json is no package, and none of our business.
    if (!(err instanceof Error && 'code' in err && err.code === 'ENOENT'))
      log.error({ event: 'plugin.package-unreadable', path, err }, 'package of a plugin cannot be read')
  }
  return undefined
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '' && !way.startsWith('..') && !isAbsolute(way)
}
