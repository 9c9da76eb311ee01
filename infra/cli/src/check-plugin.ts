import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isPluginDefinition, type PluginDefinition } from '@webmacs/plugin-sdk'
import { runConformance } from '@webmacs/plugin-sdk/conformance'
import { UsageError } from './usage-error.ts'

export interface CheckOptions {
  /** Package of the driver, built. */
  readonly folder: string
  /** Path of a JSON file with the configuration of a device: it is used for real then. */
  readonly deviceConfig: string | undefined
  readonly print: (line: string) => void
}

/**
 * Runs the conformance checks on each driver of a package.
 * @returns whether all passed
 * @throws UsageError
 */
export async function checkPlugin({ folder, deviceConfig, print }: CheckOptions): Promise<boolean> {
  const device = deviceConfig === undefined ? {} : { device: await readJson(deviceConfig) }
  let failures = 0
  for (const [id, definition] of await driversOf(folder)) {
    print(`${id}:`)
    for (const { name, failure } of await runConformance(definition, device)) {
      print(failure === undefined ? `  ok      ${name}` : `  FAILED  ${name}: ${failure}`)
      if (failure !== undefined) failures += 1
    }
  }
  print(failures === 0 ? 'All checks passed.' : `${failures} failed.`)
  return failures === 0
}

async function driversOf(folder: string): Promise<[string, PluginDefinition][]> {
  const manifest = await readJson(join(folder, 'package.json'))
  const plugins = isRecord(manifest.webmacs) && isRecord(manifest.webmacs.plugins) ? manifest.webmacs.plugins : {}
  if (Object.keys(plugins).length === 0) throw new UsageError(`${folder}/package.json has no webmacs.plugins.`)
  return Promise.all(
    Object.entries(plugins).map(async ([id, path]) => [id, await loadDriver(resolve(folder, String(path)))] as const),
  ) as Promise<[string, PluginDefinition][]> // pairs, which map() makes arrays of
}

async function loadDriver(module: string): Promise<PluginDefinition> {
  const exports: { readonly plugin?: unknown } = await import(pathToFileURL(module).href).catch((err: unknown) => {
    throw new UsageError(`${module} cannot be loaded. Is it built?\n${String(err)}`, { cause: err })
  })
  if (!isPluginDefinition(exports.plugin))
    throw new UsageError(`${module} does not export \`plugin\` as made by definePlugin.`)
  return exports.plugin
}

async function readJson(path: string): Promise<Record<string, unknown>> {
  const text = await readFile(path, 'utf8').catch((err: unknown) => {
    throw new UsageError(`${path} cannot be read.`, { cause: err })
  })
  const value = parseJson(text)
  if (!isRecord(value)) throw new UsageError(`${path} does not hold a JSON object.`)
  return value
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // no object
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
