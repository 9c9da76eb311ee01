import { type Kysely, sql } from 'kysely'

/** What maintenance did, and when; of runs that changed nothing only the newest of each task is kept. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE maintenance_runs (
      id bigint GENERATED ALWAYS AS IDENTITY,
      task text NOT NULL,
      runner text NOT NULL,
      started_on timestamptz NOT NULL DEFAULT now(),
      ended_on timestamptz,
      counts jsonb NOT NULL DEFAULT '{}',
      error text,
      CONSTRAINT maintenance_runs_pkey PRIMARY KEY (id)
    )`.execute(db)
  await sql`CREATE INDEX maintenance_runs_task ON maintenance_runs (task, id)`.execute(db)
  await sql`COMMENT ON COLUMN maintenance_runs.runner IS 'which process: host and process id'`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE maintenance_runs`.execute(db)
}
