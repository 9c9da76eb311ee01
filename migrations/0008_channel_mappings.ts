import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE channel_mappings (
      id int GENERATED ALWAYS AS IDENTITY,
      public_id text NOT NULL,
      instance_id int NOT NULL,
      channel_id text NOT NULL,
      channel_name text NOT NULL,
      direction text NOT NULL,
      unit text NOT NULL,
      event_id int,
      created_on timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT channel_mappings_pkey PRIMARY KEY (id),
      CONSTRAINT channel_mappings_public_id_key UNIQUE (public_id),
      CONSTRAINT channel_mappings_channel_key UNIQUE (instance_id, channel_id),
      CONSTRAINT channel_mappings_instance_fkey FOREIGN KEY (instance_id) REFERENCES plugin_instances (id) ON DELETE CASCADE,
      CONSTRAINT channel_mappings_event_fkey FOREIGN KEY (event_id) REFERENCES events (id) ON DELETE SET NULL,
      CONSTRAINT channel_mappings_direction_check CHECK (direction IN ('input', 'output', 'bidirectional'))
    )`.execute(db)
  // Two inputs would overwrite one another's readings, two outputs fight over a setpoint.
  await sql`
    CREATE UNIQUE INDEX channel_mappings_one_input ON channel_mappings (event_id) WHERE direction IN ('input', 'bidirectional')
  `.execute(db)
  await sql`
    CREATE UNIQUE INDEX channel_mappings_one_output ON channel_mappings (event_id) WHERE direction IN ('output', 'bidirectional')
  `.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE channel_mappings`.execute(db)
}
