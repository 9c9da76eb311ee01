import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE log_entries (
      id bigint GENERATED ALWAYS AS IDENTITY,
      public_id text NOT NULL,
      content text NOT NULL,
      logging_type text NOT NULL DEFAULT 'info',
      status_type text NOT NULL DEFAULT 'unread',
      user_id int,
      created_on timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT log_entries_pkey PRIMARY KEY (id),
      CONSTRAINT log_entries_public_id_key UNIQUE (public_id),
      CONSTRAINT log_entries_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL,
      CONSTRAINT log_entries_logging_type_check CHECK (logging_type IN ('error', 'warning', 'info')),
      CONSTRAINT log_entries_status_type_check CHECK (status_type IN ('read', 'unread'))
    )`.execute(db)
  await sql`CREATE INDEX log_entries_created_on ON log_entries (created_on DESC)`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE log_entries`.execute(db)
}
