import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE dashboards (
      id int GENERATED ALWAYS AS IDENTITY,
      public_id text NOT NULL,
      name text NOT NULL,
      is_global boolean NOT NULL,
      user_id int NOT NULL,
      created_on timestamptz NOT NULL DEFAULT now(),
      updated_on timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT dashboards_pkey PRIMARY KEY (id),
      CONSTRAINT dashboards_public_id_key UNIQUE (public_id),
      CONSTRAINT dashboards_user_fkey FOREIGN KEY (user_id) REFERENCES users (id)
    )`.execute(db)
  await sql`CREATE INDEX dashboards_user ON dashboards (user_id)`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE dashboards`.execute(db)
}
