import { type Kysely, sql } from 'kysely'

/** A job that ends each process that carries it out would be begun for ever: it is counted, and ends as failed. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE historian_jobs ADD COLUMN attempts int NOT NULL DEFAULT 0`.execute(db)
  await sql`COMMENT ON COLUMN historian_jobs.attempts IS 'of its next part, by processes that did not see its end'`.execute(
    db,
  )
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE historian_jobs DROP COLUMN attempts`.execute(db)
}
