import type { Principal } from '@webmacs/auth/fastify'
import { AppError, type ControllerInventory, type PackageId } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { checkPackage, inspectPackage, isNewer, PACKAGE_LIMITS, type TargetPlatform } from '@webmacs/plugin-packages'
import { sql, type Transaction } from 'kysely'
import type { Changes } from '../changes/changes.ts'
import { holdLock } from '../instance-lock.ts'
import { type BundledPackage, bundledPackageId, bundledPackages } from './bundled-packages.ts'
import { findPackage, instancesOf, listPackages, type PackageRow, writePackage } from './package-store.ts'
import type { ReceivedFile } from './received-file.ts'

/**
 * Takes a package in, or in place of an older version of it.
 * @param inventories of the controllers that shall run it; none: this machine stands for them
 * @throws AppError `package.…`: one for each reason to refuse it
 */
export async function installPackage(
  changes: Changes,
  file: ReceivedFile,
  inventories: readonly ControllerInventory[],
  by: Principal,
): Promise<PackageRow> {
  const contents = await inspectPackage(file.read(), file.bytes)
  checkPackage(contents, targetsOf(inventories))
  const { name, version } = contents.manifest
  const plugins = [...contents.plugins.keys()]
  refuseBundled(name, plugins, bundledPackages(inventories))
  return changes.make(by, async ({ trx, record }) => {
    await holdLock(trx, 'uploads') // two packages may bring a plugin of the same id at the same time
    const before = await findPredecessor(trx, { name, version, plugins })
    await checkRoom(trx, file.bytes - (before?.file_size_bytes ?? 0))
    const row = await writePackage(trx, { name, version, plugins, file, by: by.key })
    await record({
      entity: 'plugin_package',
      verb: before === undefined ? 'created' : 'updated',
      id: row.public_id,
      ...(before !== undefined && { before: described(before) }),
      after: described(row),
    })
    return row
  })
}

/** @throws AppError `package.unknown`, `package.bundled`, `package.in-use` */
export async function removePackage(
  changes: Changes,
  id: PackageId,
  inventories: readonly ControllerInventory[],
  by: Principal,
): Promise<PackageRow> {
  if (bundledPackages(inventories).some(({ name }) => bundledPackageId(name) === id))
    throw new AppError('package.bundled', { detail: 'Bundled plugins cannot be removed.' })
  return changes.make(by, async ({ trx, record }) => {
    await holdLock(trx, 'uploads')
    const row = await findPackage(trx, id)
    if (row === undefined) throw new AppError('package.unknown', { detail: `Plugin package '${id}' not found.` })
    const users = await instancesOf(trx, row.plugin_ids)
    if (users.length > 0)
      throw inUse(
        row,
        users.map(({ instance_name }) => instance_name),
      )
    await trx.deleteFrom('plugin_packages').where('id', '=', row.id).execute()
    await record({ entity: 'plugin_package', verb: 'deleted', id, before: described(row) })
    return row
  })
}

function targetsOf(inventories: readonly ControllerInventory[]): TargetPlatform[] {
  if (inventories.length === 0)
    return [{ controller: 'local', node: process.versions.node, os: process.platform, cpu: process.arch }]
  return inventories.map(({ controller, platform }) => ({ controller, ...platform }))
}

function refuseBundled(name: string, plugins: readonly string[], bundled: readonly BundledPackage[]): void {
  for (const other of bundled) {
    if (other.name === name)
      throw new AppError('package.plugin-taken', {
        detail: `The package ${name} comes with WebMACS and cannot be replaced. Give yours another name.`,
      })
    refuseTaken(plugins, other.plugins, `the package ${other.name}, which comes with WebMACS`)
  }
}

/** @returns the version that is replaced. @throws AppError `package.plugin-taken`, `package.version` */
async function findPredecessor(
  trx: Transaction<Tables>,
  { name, version, plugins }: { readonly name: string; readonly version: string; readonly plugins: readonly string[] },
): Promise<PackageRow | undefined> {
  const rows = await listPackages(trx)
  for (const other of rows) {
    if (other.package_name !== name) refuseTaken(plugins, other.plugin_ids, `the package ${other.package_name}`)
  }
  const before = rows.find(({ package_name }) => package_name === name)
  if (before !== undefined && !isNewer(version, before.version))
    throw new AppError('package.version', {
      detail: `${name} ${before.version} is there already, and ${version} is not newer. Raise "version" in package.json, or remove the package first.`,
    })
  return before
}

/** Were they more than the broker's store holds, controllers would get none of them. @throws AppError `package.too-large` */
async function checkRoom(trx: Transaction<Tables>, addedBytes: number): Promise<void> {
  const { used } = await trx
    .selectFrom('plugin_packages')
    .select(sql<number>`coalesce(sum(file_size_bytes), 0)::int8`.as('used'))
    .executeTakeFirstOrThrow()
  if (used + addedBytes > PACKAGE_LIMITS.allFilesBytes)
    throw new AppError('package.too-large', {
      detail: `All packages together would be larger than ${PACKAGE_LIMITS.allFilesBytes / 1024 ** 2} MB. Remove packages that are not needed first.`,
    })
}

function refuseTaken(plugins: readonly string[], others: readonly string[], owner: string): void {
  const taken = plugins.find((plugin) => others.includes(plugin))
  if (taken === undefined) return
  throw new AppError('package.plugin-taken', {
    detail: `The plugin id "${taken}" belongs to ${owner}. Give your plugin another id.`,
  })
}

const NAMED_AT_MOST = 5

function inUse({ package_name, plugin_ids }: PackageRow, names: readonly string[]): AppError {
  const more = names.length > NAMED_AT_MOST ? ` and ${names.length - NAMED_AT_MOST} more` : ''
  return new AppError('package.in-use', {
    detail: `${package_name} is used by the plugin instances ${names.slice(0, NAMED_AT_MOST).join(', ')}${more} (plugins ${plugin_ids.join(', ')}). Delete them first.`,
  })
}

/** For the audit log. */
const described = ({ package_name, version, plugin_ids, file_size_bytes, sha256 }: PackageRow): object => ({
  package_name,
  version,
  plugin_ids,
  file_size_bytes,
  sha256,
})
