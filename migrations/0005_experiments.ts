import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE experiments (
      id int GENERATED ALWAYS AS IDENTITY,
      public_id text NOT NULL,
      name text NOT NULL,
      started_on timestamptz,
      stopped_on timestamptz,
      user_id int,
      created_on timestamptz NOT NULL DEFAULT now(),
      updated_on timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT experiments_pkey PRIMARY KEY (id),
      CONSTRAINT experiments_public_id_key UNIQUE (public_id),
      CONSTRAINT experiments_name_key UNIQUE (name),
      CONSTRAINT experiments_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL,
      CONSTRAINT experiments_window_check CHECK (stopped_on IS NULL OR stopped_on >= started_on)
    )`.execute(db)
  // One runs at a time, whoever asks first: the constant makes all running ones collide.
  await sql`
    CREATE UNIQUE INDEX experiments_one_running ON experiments ((true)) WHERE started_on IS NOT NULL AND stopped_on IS NULL
  `.execute(db)
  await sql`CREATE INDEX experiments_started_on ON experiments (started_on)`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE experiments`.execute(db)
}
