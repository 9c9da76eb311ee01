import { type Kysely, sql } from 'kysely'

/** Numbers the starts of api instances, so that those running at one time stamp readings with different microseconds. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`CREATE SEQUENCE api_instances AS int CYCLE`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP SEQUENCE api_instances`.execute(db)
}
