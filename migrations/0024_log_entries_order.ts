import { type Kysely, sql } from 'kysely'

/** Entries of the same moment have an order too: the newest first. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`DROP INDEX log_entries_created_on`.execute(db)
  await sql`CREATE INDEX log_entries_created_on ON log_entries (created_on DESC, id DESC)`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP INDEX log_entries_created_on`.execute(db)
  await sql`CREATE INDEX log_entries_created_on ON log_entries (created_on DESC)`.execute(db)
}
