import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE log_entries ADD COLUMN updated_on timestamptz NOT NULL DEFAULT now()`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE log_entries DROP COLUMN updated_on`.execute(db)
}
