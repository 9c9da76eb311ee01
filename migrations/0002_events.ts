import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE events (
      id int GENERATED ALWAYS AS IDENTITY,
      public_id text NOT NULL,
      name text NOT NULL,
      min_value float8 NOT NULL,
      max_value float8 NOT NULL,
      unit text NOT NULL,
      type text NOT NULL,
      user_id int,
      created_on timestamptz NOT NULL DEFAULT now(),
      updated_on timestamptz NOT NULL DEFAULT now(),
      retired_on timestamptz,
      CONSTRAINT events_pkey PRIMARY KEY (id),
      CONSTRAINT events_public_id_key UNIQUE (public_id),
      CONSTRAINT events_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL,
      CONSTRAINT events_type_check CHECK (type IN ('sensor', 'actuator', 'range', 'cmd_button', 'cmd_opened', 'cmd_closed'))
    )`.execute(db)
  // The name of a retired event is free again; its datapoints stay with the old one.
  await sql`CREATE UNIQUE INDEX events_name_key ON events (name) WHERE retired_on IS NULL`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE events`.execute(db)
}
