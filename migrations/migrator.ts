import { readdir } from 'node:fs/promises'
import type { Database } from '@webmacs/database'
import { type Migration, type MigrationProvider, type MigrationResultSet, Migrator } from 'kysely/migration'

const FOLDER = new URL('./', import.meta.url)
const MIGRATION_FILE = /^\d{4}_\w+\.ts$/

/** Migrations are the numbered files beside this one, in order of their names. */
const provider: MigrationProvider = {
  getMigrations: async () => {
    const files = (await readdir(FOLDER)).filter((file) => MIGRATION_FILE.test(file)).sort()
    const entries = files.map(async (file) => {
      const migration: Migration = await import(new URL(file, FOLDER).href)
      return [file.replace(/\.ts$/, ''), migration] as const
    })
    return Object.fromEntries(await Promise.all(entries))
  },
}

export const createMigrator = ({ db }: Database): Migrator => new Migrator({ db, provider })

/** What Kysely reports instead of throwing, as one error or the names of what was run. */
export function namesOrThrow({ error, results }: MigrationResultSet): string[] {
  const failed = results?.find(({ status }) => status === 'Error')
  if (failed !== undefined)
    throw new Error(`migration ${failed.migrationName} failed; nothing of it was kept`, { cause: error })
  if (error !== undefined) throw new Error('migrations could not run', { cause: error })
  return (results ?? []).map(({ migrationName }) => migrationName)
}
