import { AppError } from '@webmacs/contracts'
import type { TargetPlatform } from './check-package.ts'
import type { PackageContents } from './inspect-package.ts'

const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall'] as const

/**
 * Whether compiled parts are there for all targets: nothing is compiled, and no script is run, when a package is installed. A package may
 * bring a module for several platforms; one of them has to fit.
 * @throws AppError `package.native`
 */
export function checkNative(
  { manifest, bundled, binaries }: PackageContents,
  targets: readonly TargetPlatform[],
): void {
  const script = INSTALL_SCRIPTS.find((name) => manifest.scripts?.[name] !== undefined)
  if (script !== undefined)
    throw new AppError('package.native', {
      detail: `The package has a script "${script}", but no script is run when it is installed. Do before npm pack what it does ("prepare"), and remove it.`,
    })
  const folders = [...bundled.keys(), '']
  const byFolder = Map.groupBy([...binaries], ([path]) => ownerOf(path, folders))
  for (const folder of folders) {
    const own = byFolder.get(folder) ?? []
    // Other scripts of libraries mostly tell something; "install" is what compiles.
    if (own.length === 0 && bundled.get(folder)?.scripts?.install === undefined) continue
    for (const target of targets) {
      const fits = own.some(([, platforms]) => platforms.some(({ os, cpu }) => os === target.os && cpu === target.cpu))
      if (!fits) throw missing(folder, own.length, target)
    }
  }
}

/** The innermost package that the file belongs to. */
function ownerOf(path: string, folders: readonly string[]): string {
  const owners = folders.filter((folder) => folder === '' || path.startsWith(`${folder}/`))
  return owners.reduce((one, other) => (other.length > one.length ? other : one), '')
}

function missing(folder: string, count: number, { controller, os, cpu }: TargetPlatform): AppError {
  const what = folder === '' ? 'The package' : `"${folder}" in the package`
  const why =
    count === 0
      ? 'has to be compiled when it is installed, which is not done'
      : `has compiled parts, but none for ${os} ${cpu}`
  return new AppError('package.native', {
    detail: `${what} ${why}; the controller "${controller}" runs on ${os} ${cpu}. Make the package on a machine like it, after npm install.`,
  })
}
