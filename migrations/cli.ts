import { formatTime } from '@webmacs/contracts'
import { type Database, openDatabase } from '@webmacs/database'
import { sql } from 'kysely'
import { createMigrator, namesOrThrow } from './migrator.ts'

export const USAGE = `npm run db -- status          which migrations have run
npm run db -- up [NAME]       run all that are missing, or up to NAME
npm run db -- down [NAME]     undo the newest one, or all after NAME
npm run db -- stamp NAME      record that all up to NAME have run, without running them`

/** Called for something that is no command, or without a name where one is needed. */
export class UsageError extends Error {
  constructor(problem: string) {
    super(`${problem}\n\n${USAGE}`)
    this.name = 'UsageError'
  }
}

/** Runs `npm run db -- …` against a database; prints through `print`. */
export async function runDatabaseCommand(
  [command, name]: readonly string[],
  url: string,
  print: (line: string) => void,
): Promise<void> {
  const database = openDatabase({ url, maxConnections: 2, applicationName: 'webmacs-migrations' })
  try {
    switch (command) {
      case 'status':
        return await status(database, print)
      case 'up':
        return await up(database, name, print)
      case 'down':
        return await down(database, name, print)
      case 'stamp':
        return await stamp(database, name, print)
      default:
        throw new UsageError(command === undefined ? 'Which command?' : `"${command}" is no command.`)
    }
  } finally {
    await database.close()
  }
}

async function status(database: Database, print: (line: string) => void): Promise<void> {
  for (const { name, executedAt } of await createMigrator(database).getMigrations()) {
    print(
      `${executedAt === undefined ? 'pending            ' : formatTime(executedAt.getTime() * 1000).slice(0, 19)}  ${name}`,
    )
  }
}

async function up(database: Database, name: string | undefined, print: (line: string) => void): Promise<void> {
  const migrator = createMigrator(database)
  const names = namesOrThrow(await (name === undefined ? migrator.migrateToLatest() : migrator.migrateTo(name)))
  print(names.length === 0 ? 'up to date' : names.map((done) => `up    ${done}`).join('\n'))
}

async function down(database: Database, name: string | undefined, print: (line: string) => void): Promise<void> {
  const migrator = createMigrator(database)
  const names = namesOrThrow(await (name === undefined ? migrator.migrateDown() : migrator.migrateTo(name)))
  print(names.length === 0 ? 'nothing to undo' : names.map((done) => `down  ${done}`).join('\n'))
}

/** For a database whose schema came another way, for example from a restored dump. */
async function stamp(database: Database, name: string | undefined, print: (line: string) => void): Promise<void> {
  if (name === undefined) throw new UsageError('Stamp up to which migration?')
  const all = await createMigrator(database).getMigrations()
  const position = all.findIndex((migration) => migration.name === name)
  if (position < 0) throw new UsageError(`There is no migration "${name}".`)
  const missing = all.slice(0, position + 1).filter(({ executedAt }) => executedAt === undefined)
  await database.db.transaction().execute(async (trx) => {
    await sql`CREATE TABLE IF NOT EXISTS kysely_migration (name varchar(255) PRIMARY KEY, timestamp varchar(255) NOT NULL)`.execute(
      trx,
    )
    for (const migration of missing) {
      await sql`INSERT INTO kysely_migration (name, timestamp) VALUES (${migration.name}, ${new Date().toISOString()})`.execute(
        trx,
      )
      print(`stamped  ${migration.name}`)
    }
  })
}
