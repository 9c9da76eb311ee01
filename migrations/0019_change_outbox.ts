import { type Kysely, sql } from 'kysely'

/** Changes that are made and must still be told on the bus: written with the change itself, removed when the broker has them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE change_outbox (
      id bigint GENERATED ALWAYS AS IDENTITY,
      time timestamptz NOT NULL DEFAULT now(),
      entity text NOT NULL,
      verb text NOT NULL,
      entity_id text NOT NULL,
      user_public_id text,
      CONSTRAINT change_outbox_pkey PRIMARY KEY (id)
    )`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE change_outbox`.execute(db)
}
