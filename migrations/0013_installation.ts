import { type Kysely, sql } from 'kysely'

/** Facts about the installation itself, for example that the first instances were made, so that removed ones are left alone. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE installation (
      key text NOT NULL,
      value jsonb NOT NULL,
      created_on timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT installation_pkey PRIMARY KEY (key)
    )`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE installation`.execute(db)
}
