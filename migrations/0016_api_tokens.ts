import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE api_tokens (
      id int GENERATED ALWAYS AS IDENTITY,
      public_id text NOT NULL,
      name text NOT NULL,
      token_hash text NOT NULL,
      user_id int NOT NULL,
      expires_at timestamptz,
      last_used_at timestamptz,
      created_on timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT api_tokens_pkey PRIMARY KEY (id),
      CONSTRAINT api_tokens_public_id_key UNIQUE (public_id),
      CONSTRAINT api_tokens_token_hash_key UNIQUE (token_hash),
      CONSTRAINT api_tokens_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
    )`.execute(db)
  await sql`CREATE INDEX api_tokens_user ON api_tokens (user_id)`.execute(db)
  await sql`COMMENT ON COLUMN api_tokens.token_hash IS 'SHA-256 of the whole token, in hex: the token itself is nowhere'`.execute(
    db,
  )
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE api_tokens`.execute(db)
}
