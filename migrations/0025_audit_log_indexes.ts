import { type Kysely, sql } from 'kysely'

/** Each way to ask for the audit log finds its pages in order, newest first, without sorting what comes before them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`DROP INDEX audit_log_time, audit_log_entity, audit_log_user`.execute(db)
  await sql`CREATE INDEX audit_log_time ON audit_log (time DESC, id DESC)`.execute(db)
  await sql`CREATE INDEX audit_log_entity ON audit_log (entity, time DESC, id DESC)`.execute(db)
  await sql`CREATE INDEX audit_log_entity_id ON audit_log (entity_id, time DESC, id DESC)`.execute(db)
  await sql`CREATE INDEX audit_log_user ON audit_log (user_id, time DESC, id DESC)`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP INDEX audit_log_time, audit_log_entity, audit_log_entity_id, audit_log_user`.execute(db)
  await sql`CREATE INDEX audit_log_time ON audit_log (time DESC)`.execute(db)
  await sql`CREATE INDEX audit_log_entity ON audit_log (entity, entity_id)`.execute(db)
  await sql`CREATE INDEX audit_log_user ON audit_log (user_id)`.execute(db)
}
