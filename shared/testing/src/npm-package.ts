import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** Path in the package → content. */
export type PackageFiles = Readonly<Record<string, string | Uint8Array>>

const run = promisify(execFile)

/** What `npm pack` makes of a folder with these files; nothing is fetched, and no script of it is run. */
export async function npmPack(files: PackageFiles): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'webmacs-pack-'))
  try {
    for (const [path, content] of Object.entries(files)) {
      const target = join(folder, 'source', path)
      await mkdir(dirname(target), { recursive: true })
      await writeFile(target, content)
    }
    const options = ['--offline', '--ignore-scripts', '--silent', '--pack-destination', folder]
    await run('npm', ['pack', ...options], { cwd: join(folder, 'source') })
    const made = (await readdir(folder)).find((name) => name.endsWith('.tgz'))
    if (made === undefined) throw new Error('npm pack made no package')
    return await readFile(join(folder, made))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export interface PluginPackageOptions {
  readonly name?: string
  readonly version?: string
  /** Id of its plugin. */
  readonly plugin?: string
  /** What its channel `reading` shows. */
  readonly value?: number
  /** Put before the module's own text: what goes wrong with it. */
  readonly prologue?: string
  /** More fields of package.json. */
  readonly manifest?: object
  /** More files, or others instead. */
  readonly files?: PackageFiles
}

/** The files of a plugin that reads a constant, in JavaScript, with a copy of the SDK bundled, as an author makes it. */
export async function pluginFiles(options: PluginPackageOptions = {}): Promise<PackageFiles> {
  const { name = 'webmacs-plugin-weather', version = '1.0.0', plugin = 'weather', manifest = {}, files = {} } = options
  const packageJson = {
    name,
    version,
    type: 'module',
    dependencies: { '@webmacs/plugin-sdk': '*' },
    bundleDependencies: ['@webmacs/plugin-sdk'],
    webmacs: { plugins: { [plugin]: './index.js' } },
    ...manifest,
  }
  return {
    'package.json': JSON.stringify(packageJson),
    'index.js': pluginModule(plugin, version, options.value ?? 1, options.prologue ?? ''),
    ...(await sdkCopy()),
    ...files,
  }
}

export const pluginPackage = async (options: PluginPackageOptions = {}): Promise<Buffer> =>
  npmPack(await pluginFiles(options))

const pluginModule = (id: string, version: string, value: number, prologue: string): string => `${prologue}
import { definePlugin, DevicePlugin } from '@webmacs/plugin-sdk'
class Constant extends DevicePlugin {
  async connectDevice() {}
  async disconnectDevice() {}
  async readDevice() { return { reading: ${value}, process: process.pid } }
}
export const plugin = definePlugin({
  meta: { id: '${id}', name: 'Weather', version: '${version}' },
  configSchema: { type: 'object', properties: {} },
  channels: () => [
    { id: 'reading', name: 'Reading', direction: 'input', unit: '1', maxValue: 1e9 },
    { id: 'process', name: 'Process', direction: 'input', unit: '1', maxValue: 1e9 },
  ],
  create: (context) => new Constant(context),
})
`

/** The SDK as JavaScript, below node_modules: types cannot be stripped there. */
async function sdkCopy(): Promise<PackageFiles> {
  const source = dirname(fileURLToPath(import.meta.resolve('@webmacs/plugin-sdk')))
  const folder = 'node_modules/@webmacs/plugin-sdk'
  const manifest = { name: '@webmacs/plugin-sdk', version: '3.0.0', type: 'module', exports: './index.js' }
  const files: Record<string, string> = { [`${folder}/package.json`]: JSON.stringify(manifest) }
  for (const name of await readdir(source)) {
    if (!/^[\w-]+\.ts$/.test(name)) continue
    const text = stripTypeScriptTypes(await readFile(join(source, name), 'utf8'), { mode: 'strip' })
    files[`${folder}/${name.replace(/\.ts$/, '.js')}`] = text.replaceAll(/(from '\.\/[\w-]+)\.ts'/g, "$1.js'")
  }
  return files
}
