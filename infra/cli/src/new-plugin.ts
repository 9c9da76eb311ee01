import { cp, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packSdk } from './pack-sdk.ts'
import { UsageError } from './usage-error.ts'

const TEMPLATE = fileURLToPath(new URL('../template', import.meta.url))
const PLUGIN_ID = /^[a-z0-9][a-z0-9_-]{0,99}$/

/**
 * Makes a package for a new driver: a device that works, its tests, and a copy of the SDK.
 * @param folder where it goes; must not be there yet, or be empty
 * @throws UsageError
 */
export async function newPlugin(id: string, folder: string): Promise<void> {
  if (!PLUGIN_ID.test(id))
    throw new UsageError(
      `"${id}" is no id of a plugin: lower case letters, digits, "-" and "_", a letter or digit first.`,
    )
  if (!(await isEmpty(folder))) throw new UsageError(`${folder} is there already and not empty.`)
  await cp(TEMPLATE, folder, { recursive: true })
  await rename(join(folder, 'gitignore'), join(folder, '.gitignore'))
  const vendor = join(folder, 'vendor')
  await mkdir(vendor)
  const sdk = basename(await packSdk(vendor))
  for (const file of await filesBelow(folder)) {
    if (!/\.(ts|json|md)$/.test(file)) continue
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replaceAll('__ID__', id).replaceAll('__NAME__', nameOf(id)).replaceAll('__SDK__', sdk))
  }
}

/** `room-sensor` → `Room Sensor` */
const nameOf = (id: string): string =>
  id
    .split(/[-_]+/)
    .filter((word) => word !== '')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ')

async function isEmpty(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length === 0
  } catch (err) {
    if (err instanceof Error && 'code' in err && err.code === 'ENOENT') return true
    throw err
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}
