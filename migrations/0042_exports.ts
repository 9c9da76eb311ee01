import { type Kysely, sql } from 'kysely'

/** Exports that were asked for, written by the export service: streams that are read once, and files that are made and expire. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE exports (
      id bigint GENERATED ALWAYS AS IDENTITY,
      public_id text NOT NULL,
      user_id int,
      delivery text NOT NULL,
      state text NOT NULL,
      selection jsonb NOT NULL,
      file_name text NOT NULL,
      key_hash text NOT NULL,
      expected_rows int8,
      rows int8 NOT NULL DEFAULT 0,
      bytes int8 NOT NULL DEFAULT 0,
      sha256 text,
      error text,
      claimed_by text,
      claimed_until timestamptz,
      attempts int NOT NULL DEFAULT 0,
      created_on timestamptz NOT NULL DEFAULT now(),
      started_on timestamptz,
      ended_on timestamptz,
      expires_on timestamptz NOT NULL,
      CONSTRAINT exports_pkey PRIMARY KEY (id),
      CONSTRAINT exports_public_id_key UNIQUE (public_id),
      CONSTRAINT exports_delivery_check CHECK (delivery IN ('stream', 'file')),
      CONSTRAINT exports_state_check CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled', 'expired')),
      CONSTRAINT exports_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL
    )`.execute(db)
  await sql`CREATE INDEX exports_user ON exports (user_id, id)`.execute(db)
  await sql`CREATE INDEX exports_open ON exports (id) WHERE state IN ('waiting', 'running')`.execute(db)
  await sql`COMMENT ON COLUMN exports.key_hash IS 'SHA-256 of the key in its download link'`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE exports`.execute(db)
}
