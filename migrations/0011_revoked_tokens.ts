import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE revoked_tokens (
      jti text NOT NULL,
      expires_at timestamptz NOT NULL,
      revoked_on timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT revoked_tokens_pkey PRIMARY KEY (jti)
    )`.execute(db)
  await sql`CREATE INDEX revoked_tokens_expires_at ON revoked_tokens (expires_at)`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE revoked_tokens`.execute(db)
}
