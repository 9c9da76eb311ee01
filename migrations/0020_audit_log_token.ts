import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE audit_log ADD COLUMN token_id text`.execute(db)
  await sql`COMMENT ON COLUMN audit_log.token_id IS 'public id of the API token that was used; null: a login'`.execute(
    db,
  )
  await sql`CREATE INDEX audit_log_user ON audit_log (user_id)`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP INDEX audit_log_user`.execute(db)
  await sql`ALTER TABLE audit_log DROP COLUMN token_id`.execute(db)
}
