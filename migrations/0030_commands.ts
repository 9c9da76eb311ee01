import { type Kysely, sql } from 'kysely'

/** Names and ids are kept as they were: what was commanded must be readable when instance, event and user are long gone. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE commands (
      id bigint GENERATED ALWAYS AS IDENTITY,
      public_id text NOT NULL,
      controller text NOT NULL,
      instance_public_id text NOT NULL,
      instance_name text NOT NULL,
      channel_id text NOT NULL,
      channel_name text NOT NULL,
      event_public_id text,
      unit text NOT NULL,
      value double precision NOT NULL,
      state text NOT NULL,
      code text,
      detail text,
      previous double precision,
      written double precision,
      clamped boolean NOT NULL DEFAULT false,
      readback double precision,
      actor_kind text NOT NULL,
      actor_id text,
      actor_name text NOT NULL,
      reason text,
      requested_on timestamptz NOT NULL,
      expires_on timestamptz NOT NULL,
      transitions jsonb NOT NULL DEFAULT '[]',
      CONSTRAINT commands_pkey PRIMARY KEY (id),
      CONSTRAINT commands_public_id_key UNIQUE (public_id)
    )`.execute(db)
  await sql`CREATE INDEX ix_commands_time ON commands (requested_on, id)`.execute(db)
  await sql`CREATE INDEX ix_commands_event ON commands (event_public_id, requested_on, id)`.execute(db)
  await sql`CREATE INDEX ix_commands_instance ON commands (instance_public_id, requested_on, id)`.execute(db)
  await sql`COMMENT ON COLUMN commands.transitions IS 'every state with its time, in order'`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE commands`.execute(db)
}
