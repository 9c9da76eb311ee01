import { createHash } from 'node:crypto'
import { type Bus, openBucket, openFileStore } from '@webmacs/bus'
import { controllerKeys, type DesiredPackage, DesiredPackages } from '@webmacs/contracts'

/** Of a package that api would have taken in: its file, and how it is called. */
export interface OfferedPackage {
  readonly name?: string
  readonly version: string
  readonly file: Buffer
}

/** Writes what api would write: the files, then the list of what controllers shall have. */
export async function offer(bus: Bus, packages: readonly OfferedPackage[]): Promise<void> {
  const store = await openFileStore(bus, bus.names.files.packages)
  const wanted: DesiredPackage[] = []
  for (const { name = 'webmacs-plugin-weather', version, file } of packages) {
    const sha256 = createHash('sha256').update(file).digest('hex')
    if (!(await store.list()).has(sha256)) await store.put(sha256, new Blob([new Uint8Array(file)]).stream())
    wanted.push({ name, version, sha256, size: file.byteLength })
  }
  const bucket = await openBucket(bus, bus.names.buckets.controllers, DesiredPackages)
  await bucket.put(controllerKeys.packages, { packages: wanted })
}
