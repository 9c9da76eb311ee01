import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE controllers (
      id int GENERATED ALWAYS AS IDENTITY,
      name text NOT NULL,
      created_on timestamptz NOT NULL DEFAULT now(),
      updated_on timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT controllers_pkey PRIMARY KEY (id),
      CONSTRAINT controllers_name_key UNIQUE (name),
      CONSTRAINT controllers_name_check CHECK (name ~ '^[a-zA-Z0-9_-]{1,64}$')
    )`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE controllers`.execute(db)
}
