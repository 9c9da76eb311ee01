import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE plugin_instances (
      id int GENERATED ALWAYS AS IDENTITY,
      public_id text NOT NULL,
      controller_id int NOT NULL,
      plugin_id text NOT NULL,
      instance_name text NOT NULL,
      demo_mode boolean NOT NULL,
      enabled boolean NOT NULL,
      config jsonb NOT NULL DEFAULT '{}',
      interval_ms int NOT NULL DEFAULT 1000,
      user_id int,
      created_on timestamptz NOT NULL DEFAULT now(),
      updated_on timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT plugin_instances_pkey PRIMARY KEY (id),
      CONSTRAINT plugin_instances_public_id_key UNIQUE (public_id),
      CONSTRAINT plugin_instances_name_key UNIQUE (instance_name),
      CONSTRAINT plugin_instances_controller_fkey FOREIGN KEY (controller_id) REFERENCES controllers (id),
      CONSTRAINT plugin_instances_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL,
      CONSTRAINT plugin_instances_interval_check CHECK (interval_ms BETWEEN 10 AND 3600000)
    )`.execute(db)
  await sql`COMMENT ON COLUMN plugin_instances.interval_ms IS 'sampling interval, milliseconds'`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE plugin_instances`.execute(db)
}
