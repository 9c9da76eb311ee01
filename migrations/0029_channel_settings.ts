import { type Kysely, sql } from 'kysely'

/** What people set of a channel beside what its driver says: sampling, calibration, limits and safe state of outputs. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE channel_mappings ADD COLUMN settings jsonb NOT NULL DEFAULT '{}'`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE channel_mappings DROP COLUMN settings`.execute(db)
}
