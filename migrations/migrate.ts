import { openDatabase } from '@webmacs/database'
import { createMigrator, namesOrThrow } from './migrator.ts'

/**
 * Brings a database to the newest schema; two callers at once wait for one another.
 * @returns the names of the migrations that were run, none when it was up to date
 */
export async function migrateToLatest(url: string): Promise<string[]> {
  const database = openDatabase({ url, maxConnections: 2, applicationName: 'webmacs-migrations' })
  try {
    return namesOrThrow(await createMigrator(database).migrateToLatest())
  } finally {
    await database.close()
  }
}
