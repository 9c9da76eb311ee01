import { type Kysely, sql } from 'kysely'

/** Names and addresses of deactivated people become free; settings; sessions that end together. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE users
      DROP CONSTRAINT users_username_key,
      DROP CONSTRAINT users_sso_key,
      ADD COLUMN settings jsonb NOT NULL DEFAULT '{}',
      ADD COLUMN session_version int NOT NULL DEFAULT 1,
      ADD COLUMN kept_session text`.execute(db)
  await sql`DROP INDEX users_email_key`.execute(db)
  await sql`CREATE UNIQUE INDEX users_email_key ON users (lower(email)) WHERE deactivated_on IS NULL`.execute(db)
  await sql`CREATE UNIQUE INDEX users_username_key ON users (username) WHERE deactivated_on IS NULL`.execute(db)
  await sql`CREATE UNIQUE INDEX users_sso_key ON users (sso_provider, sso_subject_id) WHERE deactivated_on IS NULL`.execute(
    db,
  )
  await sql`COMMENT ON COLUMN users.session_version IS 'sessions that began under a lower one have ended'`.execute(db)
  await sql`COMMENT ON COLUMN users.kept_session IS 'jti of the one session that outlives the last rise of session_version'`.execute(
    db,
  )
}

/** Fails where a freed name or address was taken again: there is no way back to one row each. */
export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP INDEX users_email_key, users_username_key, users_sso_key`.execute(db)
  await sql`CREATE UNIQUE INDEX users_email_key ON users (lower(email))`.execute(db)
  await sql`
    ALTER TABLE users
      DROP COLUMN settings,
      DROP COLUMN session_version,
      DROP COLUMN kept_session,
      ADD CONSTRAINT users_username_key UNIQUE (username),
      ADD CONSTRAINT users_sso_key UNIQUE (sso_provider, sso_subject_id)`.execute(db)
}
