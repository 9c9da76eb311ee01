import { type ControllerInventory, formatTime, type PluginPackage } from '@webmacs/contracts'
import { type BundledPackage, bundledPackageId, bundledPackages } from './bundled-packages.ts'
import type { PackageRow } from './package-store.ts'

/** Bundled packages by name, then the uploaded ones, oldest first. */
export const packageAnswers = (
  rows: readonly PackageRow[],
  inventories: readonly ControllerInventory[],
): PluginPackage[] => [
  ...bundledPackages(inventories).map(bundledAnswer),
  ...rows.map((row) => uploadedAnswer(row, inventories)),
]

const bundledAnswer = ({ name, version, plugins, since }: BundledPackage): PluginPackage => ({
  public_id: bundledPackageId(name),
  package_name: name,
  version,
  source: 'bundled',
  plugin_ids: [...plugins],
  file_size_bytes: null,
  installed_on: since,
  removable: false,
  status: 'ready',
  error_message: null,
})

function uploadedAnswer(row: PackageRow, inventories: readonly ControllerInventory[]): PluginPackage {
  const { status, problem, version } = packageState(row, inventories)
  return {
    public_id: row.public_id,
    package_name: row.package_name,
    version,
    source: 'uploaded',
    plugin_ids: row.plugin_ids,
    file_size_bytes: row.file_size_bytes,
    installed_on: formatTime(row.installed_on),
    removable: true,
    status,
    error_message: problem,
  }
}

export interface PackageState {
  readonly status: PluginPackage['status']
  /** Why it failed, naming the controllers. */
  readonly problem: string | null
  /** The version in use: after a roll-back an older one than was uploaded. */
  readonly version: string
}

/** How an uploaded package is, by what the controllers say that give signs of life. */
export function packageState(
  { package_name, version }: Pick<PackageRow, 'package_name' | 'version'>,
  inventories: readonly ControllerInventory[],
): PackageState {
  const told = inventories.map(({ controller, packages }) => ({
    controller,
    entry: packages.find(({ name, wanted }) => name === package_name && wanted === version),
  }))
  const failures = told.flatMap(({ controller, entry }) =>
    entry === undefined || entry.problem === null ? [] : [{ controller, problem: entry.problem, inUse: entry.version }],
  )
  if (failures.length > 0) {
    const problem = failures.map((one) => `${one.controller}: ${one.problem}`).join(' ')
    return { status: 'failed', problem, version: failures.find(({ inUse }) => inUse !== '')?.inUse ?? version }
  }
  const isEverywhere = told.length > 0 && told.every(({ entry }) => entry?.version === version)
  return { status: isEverywhere ? 'ready' : 'installing', problem: null, version }
}
