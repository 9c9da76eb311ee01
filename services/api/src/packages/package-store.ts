import { type DesiredPackage, type InstanceId, newId, type PackageId } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import type { Kysely, Selectable, Transaction } from 'kysely'
import type { ReceivedFile } from './received-file.ts'

export type PackageRow = Selectable<Tables['plugin_packages']>

/** Of a file in the database; each is in memory at once. */
const PART_BYTES = 1024 * 1024

/** Uploaded packages, oldest first. */
export const listPackages = (db: Kysely<Tables>): Promise<PackageRow[]> =>
  db.selectFrom('plugin_packages').selectAll().orderBy('id').execute()

export const findPackage = (db: Kysely<Tables>, id: PackageId): Promise<PackageRow | undefined> =>
  db.selectFrom('plugin_packages').selectAll().where('public_id', '=', id).executeTakeFirst()

export interface NewPackage {
  readonly name: string
  readonly version: string
  readonly plugins: readonly string[]
  readonly file: ReceivedFile
  /** Key of who uploaded it. */
  readonly by: number
}

/** Puts a package in place of the one of its name, which keeps its id, or beside the others. */
export async function writePackage(
  trx: Transaction<Tables>,
  { name, version, plugins, file, by }: NewPackage,
): Promise<PackageRow> {
  const values = {
    version,
    plugin_ids: [...plugins],
    file_size_bytes: file.bytes,
    sha256: file.sha256,
    user_id: by,
  }
  const now = new Date().toISOString()
  const row = await trx
    .insertInto('plugin_packages')
    .values({ public_id: newId('pkg'), package_name: name, ...values })
    .onConflict((conflict) =>
      conflict.column('package_name').doUpdateSet({ ...values, installed_on: now, updated_on: now }),
    )
    .returningAll()
    .executeTakeFirstOrThrow()
  await trx.deleteFrom('plugin_package_parts').where('package_id', '=', row.id).execute()
  let part = 0
  for await (const content of file.read(PART_BYTES)) {
    await trx.insertInto('plugin_package_parts').values({ package_id: row.id, part, content }).execute()
    part += 1
  }
  return row
}

/** The file of a package, part after part. Nothing is asked of the transaction, which may have ended, once the signal has fired. */
export async function* packageFile(
  trx: Transaction<Tables>,
  id: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  for (let part = 0; ; part++) {
    signal.throwIfAborted()
    const row = await trx
      .selectFrom('plugin_package_parts')
      .select('content')
      .where('package_id', '=', id)
      .where('part', '=', part)
      .executeTakeFirst()
    if (row === undefined) return
    yield row.content
  }
}

export const desiredPackage = ({ package_name, version, sha256, file_size_bytes }: PackageRow): DesiredPackage => ({
  name: package_name,
  version,
  sha256,
  size: file_size_bytes,
})

/** Instances that need one of these plugins. */
export async function instancesOf(
  trx: Transaction<Tables>,
  plugins: readonly string[],
): Promise<{ public_id: InstanceId; instance_name: string }[]> {
  return trx
    .selectFrom('plugin_instances')
    .select(['public_id', 'instance_name'])
    .where('plugin_id', 'in', plugins)
    .orderBy('instance_name')
    .execute()
}
